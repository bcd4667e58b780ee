"""Real faults, put into a running house of real processes."""
