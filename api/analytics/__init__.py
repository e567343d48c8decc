"""The data API: what was published of the warehouse, and what its checks found, read from Postgres."""
