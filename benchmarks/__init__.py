"""One file for each claim. Each prints a ratio of two things measured in the same run; `make bench` runs all."""
