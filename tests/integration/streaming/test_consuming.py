"""The loop between a real reader and a handler that keeps what it is given."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from tests.integration.streaming.topic import fill, places
from tests.waiting import wait_until
from vitrine.errors import StorageRefusedError, StorageUnavailableError, UnavailableError, VitrineError
from vitrine.settings import KafkaSettings
from vitrine.streaming import ConsumingLoop, GroupReader, OwnOffsetsReader, ensure_topics
from vitrine.streaming.reading import TopicReader


class Keeper:
    """Keeps places and offsets as one state; may be told to fail."""

    waits_for: Mapping[type[UnavailableError], str] = {StorageUnavailableError: "The keeper"}

    def __init__(self) -> None:
        self.kept: list[tuple[int, int]] = []
        self.offsets: dict[int, int] = {}
        self.fails_with: VitrineError | None = None
        self.tries = 0
        self.ticks = 0

    def handle(self, messages: list[Message]) -> None:
        self.tries += 1
        if self.fails_with:
            raise self.fails_with
        self.kept += places(messages)
        self.offsets |= {partition: offset + 1 for partition, offset in places(messages)}

    def tick(self) -> None:
        self.ticks += 1


@pytest.fixture(autouse=True)
def _topics(settings: KafkaSettings) -> None:
    ensure_topics(settings)


@contextmanager
def running(reader: TopicReader, handler: Keeper) -> Iterator["Future[None]"]:
    """The loop in a thread; told to stop at the end. The future tells how it has ended."""
    stop = threading.Event()
    loop = ConsumingLoop(reader, handler, stopping=stop.is_set)
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(loop.run)
        try:
            yield ended
        finally:
            stop.set()
            with suppress(VitrineError):
                ended.result(120)
            reader.close()


def member(settings: KafkaSettings) -> GroupReader:
    return GroupReader(settings, topic=settings.views_topic, group=settings.view_consumer_group)


def await_kept(handler: Keeper, count: int) -> None:
    wait_until(lambda: len(handler.kept) >= count, what=lambda: f"{len(handler.kept)} of {count}")


def committed(settings: KafkaSettings) -> int:
    """Messages of both partitions that are committed."""
    servers, group = settings.kafka_bootstrap_servers, settings.view_consumer_group
    asking = Consumer({"bootstrap.servers": servers, "group.id": group})
    asked = [TopicPartition(settings.views_topic, partition) for partition in range(2)]
    found = asking.committed(asked, timeout=120)
    asking.close()
    return sum(max(0, place.offset) for place in found)


def test_what_the_handler_has_done_is_committed(settings: KafkaSettings) -> None:
    fill(settings, 1000)
    handler = Keeper()
    with running(member(settings), handler):
        await_kept(handler, 1000)
        wait_until(lambda: committed(settings) == 1000, what="not committed")
        wait_until(lambda: handler.ticks > handler.tries + 2, what="no ticks while idle")
    assert len(handler.kept) == len(set(handler.kept)) == 1000


def test_a_batch_is_held_while_a_server_is_away(settings: KafkaSettings, caplog: pytest.LogCaptureFixture) -> None:
    fill(settings, 1000)
    handler = Keeper()
    handler.fails_with = StorageUnavailableError("no answer")
    with running(member(settings), handler):
        wait_until(lambda: handler.tries >= 3, what="it has not tried again")
        assert committed(settings) == 0
        handler.fails_with = None
        await_kept(handler, 1000)
        fill(settings, 10)
        await_kept(handler, 1010)
    assert committed(settings) == 1010
    assert len(handler.kept) == len(set(handler.kept)) == 1010
    assert caplog.messages == ["The keeper is away, waiting for it: no answer", "The keeper is back"]


def test_it_stops_when_told_while_a_server_is_away(settings: KafkaSettings) -> None:
    fill(settings, 10)
    handler = Keeper()
    handler.fails_with = StorageUnavailableError("no answer")
    with running(member(settings), handler) as ended:
        wait_until(lambda: handler.tries > 0, what="nothing read")
    assert ended.exception() is None
    assert committed(settings) == 0


def test_a_refusal_ends_the_loop_and_nothing_is_committed(settings: KafkaSettings) -> None:
    fill(settings, 1000)
    handler = Keeper()
    handler.fails_with = StorageRefusedError("no such table")
    with running(member(settings), handler) as ended:
        assert isinstance(ended.exception(20), StorageRefusedError)
    assert (handler.tries, committed(settings)) == (1, 0)
    handler.fails_with = None
    with running(member(settings), handler):
        await_kept(handler, 1000)
    assert sorted(handler.kept) == sorted(set(handler.kept))


def test_a_reader_with_its_own_offsets_goes_on_from_its_state(settings: KafkaSettings) -> None:
    """Stopped and started again and again, every message is in the state once."""
    handler = Keeper()
    for count in range(1, 4):
        fill(settings, 1000)
        reader = OwnOffsetsReader(settings, topic=settings.views_topic, offsets=handler.offsets)
        with running(reader, handler):
            await_kept(handler, 1000 * count)
    assert len(handler.kept) == len(set(handler.kept)) == 3000
    assert committed(settings) == 0
