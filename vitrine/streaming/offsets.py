"""From where to go on in a topic, as Kafka knows it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings

ANSWER_TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.2
# Kafka that has just started, or a topic just made: which broker answers is not settled yet.
_NOT_SETTLED_YET = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
}

Answer = TypeVar("Answer")


def committed_offsets(settings: KafkaSettings, *, topic: str, group: str) -> dict[int, int]:
    """Partition -> the offset from which a consumer group goes on; partitions in which it has done nothing are left
    out. Raises StreamUnavailableError.
    """
    with asking(settings, group) as client:
        asked = partitions(client, topic)
        places = _settled(lambda: client.committed(asked, timeout=ANSWER_TIMEOUT_SECONDS))
    return {place.partition: place.offset for place in places if place.offset >= 0}


def offsets_at(settings: KafkaSettings, *, topic: str, since: float) -> dict[int, int]:
    """Partition -> the offset of its first message since a Unix time, or of the one that comes next.

    Raises StreamUnavailableError.
    """
    with asking(settings, f"{topic}-own-offsets") as client:
        asked = [TopicPartition(topic, place.partition, round(since * 1000)) for place in partitions(client, topic)]
        found = _settled(lambda: client.offsets_for_times(asked, timeout=ANSWER_TIMEOUT_SECONDS)) if asked else []
        return {place.partition: place.offset if place.offset >= 0 else _end(client, place) for place in found}


def _end(client: Consumer, place: TopicPartition) -> int:
    return first_and_end(client, place)[1]


def first_and_end(client: Consumer, place: TopicPartition) -> tuple[int, int]:
    """The offset of a partition's first message, and of the one that comes next."""
    first, end = _settled(lambda: client.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_SECONDS))
    return int(first), int(end)


def _settled(ask: Callable[[], Answer]) -> Answer:
    """Asks again while it is not settled who answers."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _NOT_SETTLED_YET or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)


def partitions(client: Consumer, topic: str) -> list[TopicPartition]:
    """All of a topic."""
    known = client.list_topics(topic, timeout=ANSWER_TIMEOUT_SECONDS).topics[topic]
    if known.error is not None:
        raise KafkaException(known.error)
    return [TopicPartition(topic, partition) for partition in known.partitions]


@contextmanager
def asking(
    settings: KafkaSettings, group: str, configuration: Mapping[str, str | bool] = MappingProxyType({})
) -> Iterator[Consumer]:
    """A client that asks, and is no member of the group. Maps its errors onto StreamUnavailableError."""
    client = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": group,
            "log_level": 2,
            "enable.auto.commit": False,
            **configuration,
        }
    )
    try:
        yield client
    except KafkaException as error:
        raise StreamUnavailableError(f"Kafka: {error.args[0].str()}") from error
    finally:
        client.close()
