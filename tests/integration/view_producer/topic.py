"""A topic of a test's own, and what is in it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

READ_SECONDS = 180


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

    def count(self) -> int:
        """How many records it holds now; none when it does not exist yet."""
        with self._consumer() as consumer:
            return sum(self._ends(consumer).values())

    def records(self) -> list[Record]:
        """All that it holds now, by partition and offset."""
        with self._consumer() as consumer:
            return sorted(self._read(consumer), key=lambda record: (record.partition, record.offset))

    def by_user(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in self.records():
            found.setdefault(record.key, []).append(record)
        return found

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        servers = self.stack_environment["VITRINE_KAFKA_BOOTSTRAP_SERVERS"]
        consumer = Consumer({"bootstrap.servers": servers, "group.id": str(uuid4()), "log_level": 0})
        try:
            yield consumer
        finally:
            consumer.close()

    def _ends(self, consumer: Consumer) -> dict[int, int]:
        """The offset after the last record, of each partition; waits where they are being made."""
        deadline = time.monotonic() + READ_SECONDS
        while True:
            try:
                found = consumer.list_topics(timeout=120).topics.get(self.name)
                return {each: self._end(consumer, each) for each in found.partitions} if found else {}
            except KafkaException:
                assert time.monotonic() < deadline, f"{self.name} cannot be read"
                time.sleep(0.1)

    def _end(self, consumer: Consumer, partition: int) -> int:
        _, end = consumer.get_watermark_offsets(TopicPartition(self.name, partition), timeout=120)
        return int(end)

    def _read(self, consumer: Consumer) -> list[Record]:
        ends = self._ends(consumer)
        consumer.assign([TopicPartition(self.name, partition, 0) for partition in ends])
        records: list[Record] = []
        deadline = time.monotonic() + READ_SECONDS
        while len(records) < sum(ends.values()):
            assert time.monotonic() < deadline, f"{len(records)} of {ends} within {READ_SECONDS} s"
            records += map(_record, consumer.consume(10_000, timeout=0.1))
        return records


def _record(message: Message) -> Record:
    assert not message.error(), message.error()
    key, value = (message.key() or b"").decode(), message.value() or b""
    return Record(message.partition() or 0, message.offset() or 0, key, value, message.timestamp()[1])
