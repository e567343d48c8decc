"""Filling a topic, and reading it by a reader of ours."""

import time
import uuid

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from vitrine.settings import KafkaSettings
from vitrine.streaming.offsets import first_and_end
from vitrine.streaming.reading import TopicReader

# Partition and offset.
Place = tuple[int, int]


def fill(settings: KafkaSettings, count: int, *, size: int = 10, partition: int = -1) -> None:
    """Sends messages, shared out by their keys unless a partition is named."""
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for number in range(count):
        producer.produce(settings.views_topic, b"x" * size, b"user-%d" % number, partition)
        producer.poll(0)
    assert producer.flush(30) == 0


def read(reader: TopicReader, count: int, *, seconds: float = 120) -> list[Message]:
    """Batches until there are this many messages, none of them done."""
    found: list[Message] = []
    deadline = time.monotonic() + seconds
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count}"
        found += reader.next_batch(0.2)
    return found


def places(messages: list[Message]) -> list[Place]:
    return [(message.partition() or 0, message.offset() or 0) for message in messages]


def stored(settings: KafkaSettings, topic: str) -> list[Message]:
    """All that a topic holds, partition by partition."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": str(uuid.uuid4())})
    try:
        found: list[Message] = []
        for partition in consumer.list_topics(topic, timeout=120).topics[topic].partitions:
            _, end = first_and_end(consumer, TopicPartition(topic, partition))
            consumer.assign([TopicPartition(topic, partition, 0)])
            expected = len(found) + end
            while len(found) < expected:
                found += consumer.consume(expected - len(found), timeout=120)
        return found
    finally:
        consumer.close()
