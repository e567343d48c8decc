"""The dashboard: pages of plots in a browser, which read the API and nothing else."""
