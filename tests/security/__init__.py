"""Whoever does not belong, at every door."""
