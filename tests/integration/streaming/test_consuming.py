import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from confluent_kafka import Message, Producer

from tests.integration.storage.servers import wait_until
from vitrine.settings import KafkaSettings
from vitrine.streaming import BatchConsumer, ensure_topics
from vitrine.streaming.consuming import FETCH_AHEAD_KILOBYTES, MAX_BATCH_MESSAGES

Place = tuple[int, int]


@pytest.fixture(autouse=True)
def _topics(settings: KafkaSettings) -> None:
    ensure_topics(settings)


@pytest.fixture
def consumer(settings: KafkaSettings) -> Iterator[BatchConsumer]:
    made = BatchConsumer(settings)
    yield made
    made.close()


def fill(settings: KafkaSettings, count: int, *, size: int = 10) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for number in range(count):
        producer.produce(settings.views_topic, b"x" * size, b"user-%d" % number)
        producer.poll(0)
    assert producer.flush(30) == 0


def read(consumer: BatchConsumer, count: int, *, seconds: float = 20) -> list[list[Message]]:
    """Batches until there are this many messages."""
    made: list[list[Message]] = []
    deadline = time.monotonic() + seconds
    while sum(map(len, made)) < count:
        assert time.monotonic() < deadline, f"{sum(map(len, made))} of {count}"
        made.append(consumer.next_batch(0.2))
    return made


def places(batches: list[list[Message]]) -> list[Place]:
    return [(message.partition() or 0, message.offset() or 0) for batch in batches for message in batch]


def test_messages_of_a_partition_come_in_order(settings: KafkaSettings, consumer: BatchConsumer) -> None:
    fill(settings, 20_000)
    batches = read(consumer, 20_000)
    assert max(map(len, batches)) <= MAX_BATCH_MESSAGES
    found = places(batches)
    assert len(set(found)) == 20_000
    for partition in range(2):
        offsets = [offset for each, offset in found if each == partition]
        assert all(after == before + 1 for before, after in pairwise(offsets))


def test_a_batch_is_bounded_by_bytes(settings: KafkaSettings, consumer: BatchConsumer) -> None:
    fill(settings, 60, size=900_000)
    read(consumer, 1)
    time.sleep(1)  # until as much is fetched ahead as may be
    largest = 0
    for batch in read(consumer, 40):
        largest = max(largest, sum(len(message.value() or b"") for message in batch))
    # The client fetches on until the bound is passed: by one answer of each partition at most.
    assert largest <= FETCH_AHEAD_KILOBYTES * 1024 * 1.5


def test_what_was_not_committed_comes_again(settings: KafkaSettings) -> None:
    fill(settings, 1000)
    for committed in (False, True):
        consumer = BatchConsumer(settings)
        batches = read(consumer, 1000)
        if committed:
            consumer.commit([message for batch in batches for message in batch])
        consumer.close()
    consumer = BatchConsumer(settings)
    fill(settings, 10)
    assert sum(map(len, read(consumer, 10))) == 10
    time.sleep(0.5)
    assert consumer.next_batch(0.1) == []
    consumer.close()


def test_a_consumer_on_hold_loses_and_doubles_nothing(settings: KafkaSettings, consumer: BatchConsumer) -> None:
    fill(settings, 20_000)
    held = [batch for batch in read(consumer, 1) if batch]
    on_its_way = [consumer.hold(0.1) for _ in range(20)]
    assert sum(map(len, on_its_way)) <= 2, "it goes on fetching"
    consumer.resume()
    before = sum(map(len, held)) + sum(map(len, on_its_way))
    found = places([*held, *on_its_way, *read(consumer, 20_000 - before)])
    assert len(found) == len(set(found)) == 20_000


def test_partitions_that_have_moved_are_left_to_their_owner(settings: KafkaSettings, consumer: BatchConsumer) -> None:
    fill(settings, 1000)
    mine = read(consumer, 1000)
    other = BatchConsumer(settings)
    theirs: list[list[Message]] = []

    def moved() -> bool:
        consumer.hold(0.05)
        theirs.append(other.next_batch(0.05))
        return sum(map(len, theirs)) > 0

    wait_until(moved, seconds=20, what="nothing has moved")
    (partition,) = {each for each, _ in places(theirs)}
    consumer.commit([message for batch in mine for message in batch])
    consumer.close()
    # What the first one had of that partition it could not commit: the second one had to read it again, from the start.
    assert min(offset for _, offset in places(theirs)) == 0
    other.commit([message for batch in theirs for message in batch])
    last = max(offset for _, offset in places(theirs))
    other.close()
    third = BatchConsumer(settings)
    fill(settings, 100)
    rest = places(read(third, 1))
    assert all(offset > last for each, offset in rest if each == partition)
    third.close()
