"""Measurements: how well Handrail understands and how fast a turn is. Nothing here is needed to run it."""
