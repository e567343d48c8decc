"""From where to go on in a topic, as Kafka knows it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings

ANSWER_TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.2
_NO_COORDINATOR_YET = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}


def committed_offsets(settings: KafkaSettings, *, topic: str, group: str) -> dict[int, int]:
    """Partition -> the offset from which a consumer group goes on; partitions in which it has done nothing are left
    out. Raises StreamUnavailableError.
    """
    with asking(settings, group) as client:
        places = _committed(client, partitions(client, topic))
    return {place.partition: place.offset for place in places if place.offset >= 0}


def offsets_at(settings: KafkaSettings, *, topic: str, since: float) -> dict[int, int]:
    """Partition -> the offset of its first message since a Unix time, or of the one that comes next.

    Raises StreamUnavailableError.
    """
    with asking(settings, f"{topic}-own-offsets") as client:
        asked = [TopicPartition(topic, place.partition, round(since * 1000)) for place in partitions(client, topic)]
        found = client.offsets_for_times(asked, timeout=ANSWER_TIMEOUT_SECONDS) if asked else []
        return {place.partition: place.offset if place.offset >= 0 else _end(client, place) for place in found}


def _committed(client: Consumer, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """Kafka that has just started does not know yet which broker keeps a group's offsets: it is asked again."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_SECONDS
    while True:
        try:
            return list(client.committed(partitions, timeout=ANSWER_TIMEOUT_SECONDS))
        except KafkaException as error:
            if error.args[0].code() not in _NO_COORDINATOR_YET or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)


def _end(client: Consumer, place: TopicPartition) -> int:
    _, end = client.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_SECONDS)
    return int(end)


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
