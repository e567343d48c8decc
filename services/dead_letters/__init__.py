"""Looks at dead letters, replays and drops them."""
