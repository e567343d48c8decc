import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient

from benchmarks.views import publish_views
from local_stack.stack import LocalStack
from tests.integration.storage.servers import frozen, stopped
from tests.integration.streaming.topic import stored
from tests.waiting import wait_until
from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming import DeadLetter, DeadLetterPublisher, ViewPublisher, ensure_topics

# The publisher's own limit is 3 s; the rest is for a busy machine.
LIMIT_SECONDS = 5


@pytest.fixture
def publisher(settings: KafkaSettings) -> Iterator[ViewPublisher]:
    ensure_topics(settings)
    made = ViewPublisher(settings)
    yield made
    made.close()


def values(settings: KafkaSettings) -> list[bytes]:
    return sorted(message.value() or b"" for message in stored(settings, settings.views_topic))


def answers(publisher: ViewPublisher) -> bool:
    try:
        publisher.check()
    except StreamUnavailableError:
        return False
    return True


def test_views_are_there_when_the_call_returns(settings: KafkaSettings, publisher: ViewPublisher) -> None:
    publish_views(publisher, [])
    publish_views(publisher, ((f"user-{number % 3}", b"%d" % number) for number in range(500)))
    found = stored(settings, settings.views_topic)
    assert len(found) == 500
    for user in range(3):
        mine = [int(message.value() or b"") for message in found if message.key() == b"user-%d" % user]
        assert mine == list(range(user, 500, 3)), "in the order in which they were sent"
        assert len({message.partition() for message in found if message.key() == b"user-%d" % user}) == 1


def test_several_threads_may_publish_at_once(settings: KafkaSettings, publisher: ViewPublisher) -> None:
    def publish(thread: int) -> None:
        for number in range(50):
            publish_views(publisher, [("user", b"%d-%d" % (thread, number))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(8)))
    assert values(settings) == sorted(b"%d-%d" % (thread, number) for thread in range(8) for number in range(50))


def test_topics_are_made_by_who_needs_them(settings: KafkaSettings) -> None:
    publisher = ViewPublisher(settings)
    publish_views(publisher, [("user", b"first")])
    publisher.close()
    assert values(settings) == [b"first"]


def test_a_topic_made_anew_takes_views_again(settings: KafkaSettings, publisher: ViewPublisher) -> None:
    """The broker has forgotten the sequence of the idempotent producer."""
    for number in range(5):
        publish_views(publisher, [("user", b"%d" % number)])
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    admin.delete_topics([settings.views_topic])[settings.views_topic].result()
    time.sleep(1)
    ensure_topics(settings)

    def publishes() -> bool:
        try:
            publish_views(publisher, [("user", b"again")])
        except StreamUnavailableError:
            return False
        return True

    wait_until(publishes, what="views are not taken")
    publish_views(publisher, [("user", b"and again")])
    assert b"and again" in values(settings)


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
def test_without_kafka_the_caller_is_told_in_time(
    stack: LocalStack, settings: KafkaSettings, publisher: ViewPublisher, outage: str
) -> None:
    publish_views(publisher, [("user", b"before")])
    with stopped(stack, "kafka") if outage == "stopped" else frozen(stack, "kafka"):
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(StreamUnavailableError, match=r"^Kafka: "):
                publish_views(publisher, [("user", b"lost")])
            assert time.monotonic() - began < LIMIT_SECONDS
        began = time.monotonic()
        with pytest.raises(StreamUnavailableError):
            publisher.check()
        assert time.monotonic() - began < 2
    wait_until(lambda: answers(publisher), what="the broker is not found again")
    publish_views(publisher, [("user", b"after")])
    assert {b"before", b"after"} <= set(values(settings))


def test_a_publisher_closes_soon_though_kafka_was_never_there(settings: KafkaSettings) -> None:
    publisher = ViewPublisher(settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"}))
    time.sleep(0.3)
    began = time.monotonic()
    publisher.close()
    assert time.monotonic() - began < 4


def test_a_dead_letter_tells_its_origin(settings: KafkaSettings) -> None:
    message = Message(
        topic="views",
        partition=3,
        offset=17,
        key=b"\xff",
        value=None,
        headers=[],
        timestamp=(1, 1234),
        latency=0.0,
        leader_epoch=0,
    )
    publisher = DeadLetterPublisher(settings)
    publisher.publish([DeadLetter(message, "Größe")])
    publisher.close()
    (letter,) = stored(settings, settings.dead_letter_topic)
    assert (letter.key(), letter.value()) == (b"\xff", None)
    assert letter.headers() == [
        ("dead-letter-reason", "Größe".encode()),
        ("origin-topic", b"views"),
        ("origin-partition", b"3"),
        ("origin-offset", b"17"),
        ("origin-timestamp", b"1234"),
    ]
