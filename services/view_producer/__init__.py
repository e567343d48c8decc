"""JSON files -> Kafka: the views of a file, as fast as the broker takes them or at a rate."""
