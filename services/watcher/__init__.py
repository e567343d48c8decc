"""Looks at the system from outside, and tells Prometheus: freshness, lag, dead letters, runs, quality."""
