"""What knows the driver of Cassandra: the connection, batches, migrations."""
