"""A/B tests of recommendations: their tables, the copy in memory, the API, the admin, their results."""
