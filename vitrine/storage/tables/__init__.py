"""The tables of Cassandra, a file each: its statements, and the order of its columns."""
