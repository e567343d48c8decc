"""From where to go on in a topic, as Kafka knows it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from confluent_kafka import Consumer, KafkaException, TopicPartition

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings

ANSWER_TIMEOUT_SECONDS = 10.0


def committed_offsets(settings: KafkaSettings, *, topic: str, group: str) -> dict[int, int]:
    """Partition -> the offset from which a consumer group goes on; partitions in which it has done nothing are left
    out. Raises StreamUnavailableError.
    """
    with asking(settings, group) as client:
        places = client.committed(partitions(client, topic), timeout=ANSWER_TIMEOUT_SECONDS)
    return {place.partition: place.offset for place in places if place.offset >= 0}


def offsets_at(settings: KafkaSettings, *, topic: str, time: float) -> dict[int, int]:
    """Partition -> the offset of its first message since `time` (Unix seconds), or of the one that comes next.

    Raises StreamUnavailableError.
    """
    with asking(settings, f"{topic}-own-offsets") as client:
        since = [TopicPartition(topic, place.partition, round(time * 1000)) for place in partitions(client, topic)]
        found = client.offsets_for_times(since, timeout=ANSWER_TIMEOUT_SECONDS) if since else []
        return {place.partition: place.offset if place.offset >= 0 else _end(client, place) for place in found}


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
