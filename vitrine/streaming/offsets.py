"""From where to go on in a topic, as Kafka knows it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import BrokerErrors, client_configuration

ANSWER_TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.2
# Kafka that has just started, or a topic just made: which broker answers is not settled yet.
_NOT_SETTLED_YET = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._UNKNOWN_PARTITION,
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


def topic_ends(settings: KafkaSettings, *, topic: str) -> dict[int, int]:
    """Partition -> the offset of the message that comes next. Raises StreamUnavailableError."""
    with asking(settings, f"{topic}-own-offsets") as client:
        return {place.partition: _end(client, place) for place in partitions(client, topic)}


def group_lag(settings: KafkaSettings, *, topic: str, group: str) -> dict[int, int]:
    """Partition -> how many messages a consumer group has not dealt with, of those that Kafka still has.

    Raises StreamUnavailableError.
    """
    with asking(settings, group) as client:
        places = _settled(lambda: client.committed(partitions(client, topic), timeout=ANSWER_TIMEOUT_SECONDS))
        return {place.partition: _lag(client, place) for place in places}


def _lag(client: Consumer, committed: TopicPartition) -> int:
    first, end = first_and_end(client, committed)
    return max(0, end - max(first, committed.offset))


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


def first_and_end(
    client: Consumer, place: TopicPartition, *, timeout: float = ANSWER_TIMEOUT_SECONDS
) -> tuple[int, int]:
    """The offset of a partition's first message, and of the one that comes next. `timeout` is in seconds."""
    first, end = _settled(lambda: client.get_watermark_offsets(place, timeout=timeout), timeout)
    return int(first), int(end)


def _settled(ask: Callable[[], Answer], timeout: float = ANSWER_TIMEOUT_SECONDS) -> Answer:
    """Asks again while it is not settled who answers, for `timeout` seconds."""
    deadline = time.monotonic() + timeout
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
    errors = BrokerErrors(settings)
    client = Consumer(
        {
            **client_configuration(settings),
            "group.id": group,
            "enable.auto.commit": False,
            "error_cb": errors.note,
            **configuration,
        }
    )
    try:
        yield client
    except KafkaException as error:
        client.poll(0)
        raise StreamUnavailableError(f"Kafka: {errors.explain(error.args[0])}") from error
    finally:
        client.close()
