"""A topic of a test's own, and what is in it."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition


@dataclass(frozen=True)
class Record:
    """A Kafka message as a consumer sees it; `time` in Unix milliseconds."""

    partition: int
    offset: int
    key: str
    value: bytes
    time: int

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.value))


@dataclass(frozen=True)
class Topic:
    """Nothing is in it, and it does not exist, until somebody sends to it."""

    stack_environment: dict[str, str]
    name: str = field(default_factory=lambda: f"views-{uuid4()}")

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which our processes use the topic."""
        return {**self.stack_environment, "VITRINE_VIEWS_TOPIC": self.name, "VITRINE_VIEWS_TOPIC_PARTITIONS": "3"}

    def records(self) -> list[Record]:
        """All that the topic holds now, by partition and offset."""
        servers = self.stack_environment["VITRINE_KAFKA_BOOTSTRAP_SERVERS"]
        consumer = Consumer({"bootstrap.servers": servers, "group.id": str(uuid4()), "enable.partition.eof": True})
        try:
            return sorted(self._read(consumer), key=lambda record: (record.partition, record.offset))
        finally:
            consumer.close()

    def by_user(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in self.records():
            found.setdefault(record.key, []).append(record)
        return found

    def _read(self, consumer: Consumer) -> list[Record]:
        partitions = set(consumer.list_topics(self.name, timeout=10).topics[self.name].partitions)
        consumer.assign([TopicPartition(self.name, partition, 0) for partition in partitions])
        records = []
        while partitions:
            for message in consumer.consume(10_000, timeout=1):
                partition = message.partition() or 0
                if message.error():
                    partitions.discard(partition)  # its end
                else:
                    key, value = (message.key() or b"").decode(), message.value() or b""
                    records.append(Record(partition, message.offset() or 0, key, value, message.timestamp()[1]))
        return records
