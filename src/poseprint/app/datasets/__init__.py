"""Data sets: made, added to, described."""
