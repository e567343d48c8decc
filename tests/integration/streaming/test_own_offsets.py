"""A reader whose owner keeps the offsets: it starts where it is told, and leaves nothing in Kafka."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions  # type: ignore[attr-defined]

from local_stack.stack import LocalStack
from tests.integration.storage.servers import stopped
from tests.integration.streaming.topic import fill, places, read
from tests.waiting import wait_until
from vitrine.settings import KafkaSettings
from vitrine.streaming import OwnOffsetsReader, ensure_topics
from vitrine.streaming.reading import ASK_SECONDS


@pytest.fixture(autouse=True)
def _topics(settings: KafkaSettings) -> None:
    ensure_topics(settings)


@contextmanager
def reading(settings: KafkaSettings, offsets: Mapping[int, int]) -> Iterator[OwnOffsetsReader]:
    made = OwnOffsetsReader(settings, topic=settings.views_topic, offsets=offsets)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def admin(stack: LocalStack) -> AdminClient:
    """Kept until the end of the file: what it was asked is forgotten with it."""
    return AdminClient({"bootstrap.servers": stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"], "log_level": 0})


def partitions(admin: AdminClient, settings: KafkaSettings) -> set[int]:
    return set(admin.list_topics(settings.views_topic, timeout=120).topics[settings.views_topic].partitions)


def test_it_starts_where_it_is_told_and_else_at_the_beginning(settings: KafkaSettings) -> None:
    for partition in range(2):
        fill(settings, 100, partition=partition)
    with reading(settings, {1: 40}) as reader:
        found = places(read(reader, 160))
    assert sorted(found) == [*((0, offset) for offset in range(100)), *((1, offset) for offset in range(40, 100))]
    assert [offset for partition, offset in found if partition == 0] == list(range(100))


def test_it_commits_nothing_and_is_in_no_group(settings: KafkaSettings, admin: AdminClient) -> None:
    fill(settings, 100)
    for _ in range(2):
        with reading(settings, {}) as reader:
            messages = read(reader, 100)
            assert len(messages) == 100, "it has remembered where it was"
            reader.done(messages)
            groups = admin.list_consumer_groups().result(120).valid
            assert not any(settings.views_topic in group.group_id for group in groups)
    asking = Consumer(
        {"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": f"{settings.views_topic}-own-offsets"}
    )
    asked = [TopicPartition(settings.views_topic, partition) for partition in range(2)]
    assert all(place.offset < 0 for place in asking.committed(asked, timeout=120))
    asking.close()


def test_a_partition_that_is_added_is_read_from_its_first_message(settings: KafkaSettings, admin: AdminClient) -> None:
    fill(settings, 10, partition=0)
    with reading(settings, {}) as reader:
        read(reader, 10)
        more = admin.create_partitions([NewPartitions(settings.views_topic, 3)])
        more[settings.views_topic].result(120)
        wait_until(lambda: 2 in partitions(admin, settings), what="no new partition")
        fill(settings, 10, partition=2)
        assert places(read(reader, 10, seconds=ASK_SECONDS + 15)) == [(2, offset) for offset in range(10)]
        # Those that it had go on where they were.
        fill(settings, 1, partition=0)
        assert places(read(reader, 1)) == [(0, 10)]


@pytest.mark.parametrize("offset", [5, 1000], ids=["thrown away", "not there yet"])
def test_an_offset_that_kafka_does_not_have_is_said_and_passed_over(
    settings: KafkaSettings, admin: AdminClient, caplog: pytest.LogCaptureFixture, offset: int
) -> None:
    for partition in range(2):
        fill(settings, 100, partition=partition)
    kept_from = TopicPartition(settings.views_topic, 0, 60)
    admin.delete_records([kept_from])[kept_from].result(120)
    with reading(settings, {0: offset, 1: 90}) as reader:
        found = read(reader, 50)
        fill(settings, 1, partition=0)
        found += read(reader, 1)
    assert sorted(places(found)) == [*((0, each) for each in range(60, 101)), *((1, each) for each in range(90, 100))]
    (said,) = caplog.messages
    assert said.startswith(f"Kafka does not have offset {offset} of {settings.views_topic}, partition 0")


def test_held_messages_are_kept_and_no_others_come(settings: KafkaSettings) -> None:
    fill(settings, 20_000)
    with reading(settings, {}) as reader:
        held = first = read(reader, 1)
        for _ in range(10):
            held = reader.hold(held, 0.1)
        assert held[: len(first)] == first
        assert len(held) <= len(first) + 2
        reader.resume()
        found = places([*held, *read(reader, 20_000 - len(held))])
    assert len(found) == len(set(found)) == 20_000


def test_kafka_away_at_the_start_is_waited_for(
    stack: LocalStack, settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    fill(settings, 100)
    with stopped(stack, "kafka"), reading(settings, {}) as reader:
        wait_until(lambda: bool(reader.next_batch(0.1) or caplog.messages), what="nothing is said")
        for _ in range(10):
            assert reader.next_batch(0.1) == []
        stack.start("kafka")
        assert len(read(reader, 100, seconds=120)) == 100
    assert [message.partition(",")[0] for message in caplog.messages] == ["Kafka is away", "Kafka is back"]


def test_a_topic_that_is_made_later(settings: KafkaSettings, caplog: pytest.LogCaptureFixture) -> None:
    late = settings.model_copy(update={"views_topic": f"{settings.views_topic}-late"})
    with reading(late, {}) as reader:
        for _ in range(10):
            assert reader.next_batch(0.1) == []
        ensure_topics(late)
        fill(late, 10)
        assert len(read(reader, 10, seconds=ASK_SECONDS + 15)) == 10
    (said,) = caplog.messages
    assert "Unknown topic" in said
