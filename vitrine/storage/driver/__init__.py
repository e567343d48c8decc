"""What knows Cassandra's driver: the link, reads, batches, migrations."""
