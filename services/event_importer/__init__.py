"""Events that other systems have kept in files, into Kafka."""
