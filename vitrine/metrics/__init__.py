"""What Prometheus may ask each process: one file a process declares its metrics, `exposition` shows them.

`python -m vitrine.metrics` prints the table of all: docs/metrics.md.
"""
