"""One file a claim. Each prints a ratio of two things measured side by side in one run; `make bench` runs all."""
