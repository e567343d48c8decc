"""What an evaluation consists of: data sets, baselines, measures, a report."""
