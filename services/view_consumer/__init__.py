"""Kafka -> Cassandra: views out of their topic into the table of views."""
