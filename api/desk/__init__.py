"""The advice line's desk: its pages under /staff, for people who are signed in."""
