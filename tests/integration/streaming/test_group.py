import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from tests.integration.streaming.topic import fill, places, read
from tests.waiting import wait_until
from vitrine.settings import KafkaSettings
from vitrine.streaming import GroupReader, ensure_topics
from vitrine.streaming.reading import FETCH_AHEAD_KILOBYTES, MAX_BATCH_MESSAGES


@pytest.fixture(autouse=True)
def _topics(settings: KafkaSettings) -> None:
    ensure_topics(settings)


@contextmanager
def member(settings: KafkaSettings) -> Iterator[GroupReader]:
    made = GroupReader(settings, topic=settings.views_topic, group=settings.view_consumer_group)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def reader(settings: KafkaSettings) -> Iterator[GroupReader]:
    with member(settings) as made:
        yield made


@pytest.fixture
def asking(settings: KafkaSettings) -> Iterator[Consumer]:
    """Asks for the group's offsets; it is no member of it."""
    servers, group = settings.kafka_bootstrap_servers, settings.view_consumer_group
    made = Consumer({"bootstrap.servers": servers, "group.id": group})
    yield made
    made.close()


def committed(asking: Consumer, settings: KafkaSettings) -> dict[int, int]:
    """Partition -> offset to go on from, below 0 where none is committed."""
    asked = [TopicPartition(settings.views_topic, partition) for partition in range(2)]
    return {place.partition: place.offset for place in asking.committed(asked, timeout=120)}


def test_messages_of_a_partition_come_in_order(settings: KafkaSettings, reader: GroupReader) -> None:
    fill(settings, 20_000)
    found: list[tuple[int, int]] = []
    while len(found) < 20_000:
        batch = read(reader, 1)
        assert len(batch) <= MAX_BATCH_MESSAGES
        found += places(batch)
    assert len(set(found)) == 20_000
    for partition in range(2):
        offsets = [offset for each, offset in found if each == partition]
        assert all(after == before + 1 for before, after in pairwise(offsets))


def test_a_batch_is_bounded_by_bytes(settings: KafkaSettings, reader: GroupReader) -> None:
    fill(settings, 60, size=900_000)
    read(reader, 1)
    time.sleep(1)  # until as much is fetched ahead as may be
    largest = max(sum(len(message.value() or b"") for message in read(reader, 1)) for _ in range(5))
    # The client fetches on until the bound is passed: by one answer of each partition at most.
    assert 2 * 900_000 <= largest <= FETCH_AHEAD_KILOBYTES * 1024 * 1.5


def test_what_was_not_done_comes_again(settings: KafkaSettings) -> None:
    fill(settings, 1000)
    for is_done in (False, True):
        with member(settings) as reader:
            messages = read(reader, 1000)
            assert len(messages) == 1000
            if is_done:
                reader.done(messages)
    with member(settings) as reader:
        fill(settings, 10)
        assert len(read(reader, 10)) == 10
        time.sleep(0.5)
        assert reader.next_batch(0.1) == []


def test_a_reader_on_hold_loses_and_doubles_nothing(settings: KafkaSettings, reader: GroupReader) -> None:
    fill(settings, 20_000)
    first = read(reader, 1)
    held = first
    for _ in range(20):
        held = reader.hold(held, 0.1)
    assert held[: len(first)] == first
    assert len(held) <= len(first) + 2, "it goes on fetching"
    reader.resume()
    found = places([*held, *read(reader, 20_000 - len(held))])
    assert len(found) == len(set(found)) == 20_000


def hold_until_it_moves(reader: GroupReader, mine: list[Message], other: GroupReader) -> list[Message]:
    """Two members, the first with all in its hands: waits until the second one has got something. Returns that."""
    theirs: list[Message] = []

    def moved() -> bool:
        mine[:] = reader.hold(mine, 0.05)
        theirs.extend(other.next_batch(0.05))
        return bool(theirs)

    wait_until(moved, what="nothing has moved")
    return theirs


def test_partitions_that_have_moved_are_left_to_their_owner(
    settings: KafkaSettings, reader: GroupReader, asking: Consumer
) -> None:
    fill(settings, 1000)
    mine = read(reader, 1000)
    with member(settings) as other:
        theirs = hold_until_it_moves(reader, mine, other)
        (moved,) = {partition for partition, _ in places(theirs)}
        assert {partition for partition, _ in places(mine)} == {1 - moved}, "it holds what has moved"
        # What the first one had of that partition it could not commit: the second one reads it again, from the start.
        assert min(offset for _, offset in places(theirs)) == 0
        reader.done(mine)
        reader.close()
        assert committed(asking, settings)[moved] < 0
        assert committed(asking, settings)[1 - moved] == max(offset for _, offset in places(mine)) + 1


def test_an_offset_does_not_go_back_when_a_partition_comes_back(
    settings: KafkaSettings, reader: GroupReader, asking: Consumer
) -> None:
    """A batch is held; one of its partitions goes to another member, which reads on, and comes back."""
    fill(settings, 1000)
    mine = read(reader, 1000)
    with member(settings) as other:
        theirs = hold_until_it_moves(reader, mine, other)
        moved, _ = places(theirs)[0]
        end = asking.get_watermark_offsets(TopicPartition(settings.views_topic, moved), timeout=120)[1] + 500
        fill(settings, 500, partition=moved)
        theirs += read(other, end - len(theirs))
        other.done(theirs)
    assert committed(asking, settings)[moved] == end
    fill(settings, 1, partition=moved)

    def is_back() -> bool:
        mine[:] = reader.hold(mine, 0.05)
        return len(reader._client.assignment()) == 2

    wait_until(is_back, what="the partition has not come back")
    reader.done(mine)
    reader.close()
    has_read_on = (moved, end) in places(mine)
    assert committed(asking, settings)[moved] == end + has_read_on


def test_a_partition_that_was_taken_away_while_a_batch_was_held_is_read_when_it_comes_back(
    settings: KafkaSettings, reader: GroupReader
) -> None:
    """The client remembers that it was paused, also while it is not its own."""
    fill(settings, 1000)
    mine = read(reader, 1000)
    with member(settings) as other:
        moved, _ = places(hold_until_it_moves(reader, mine, other))[0]
        reader.done(mine)
        reader.resume()
    fill(settings, 10, partition=moved)
    wait_until(
        lambda: moved in {partition for partition, _ in places(reader.next_batch(0.1))},
        seconds=120,
        what="it is not read",
    )
