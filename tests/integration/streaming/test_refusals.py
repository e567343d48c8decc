"""Records that Kafka does not take, however often they are sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.views import publish_views
from local_stack.stack import LocalStack
from tests.integration.streaming.guarded_broker import forbid_writing, guarded_broker
from tests.integration.streaming.topic import stored
from vitrine.errors import StreamRefusedError
from vitrine.settings import KafkaSettings
from vitrine.streaming import DeadLetter, DeadLetterPublisher, ViewPublisher, ensure_topics

LIMIT_BYTES = 20_000


@pytest.fixture(scope="module")
def admin(stack: LocalStack) -> AdminClient:
    return AdminClient({"bootstrap.servers": stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"], "log_level": 0})


def limited(admin: AdminClient, topic: str, limit_bytes: int) -> None:
    """A topic that takes records, and batches of them, up to this size."""
    new = NewTopic(topic, 1, 1, config={"max.message.bytes": str(limit_bytes)})
    admin.create_topics([new])[topic].result(120)


@pytest.fixture
def publisher(settings: KafkaSettings, admin: AdminClient) -> Iterator[DeadLetterPublisher]:
    """Its topic takes letters of up to 20,000 bytes."""
    limited(admin, settings.dead_letter_topic, LIMIT_BYTES)
    made = DeadLetterPublisher(settings)
    yield made
    made.close()


def letter(offset: int, value: bytes | None, key: bytes | None = b"user-78") -> DeadLetter:
    message = Message(
        topic="views",
        partition=0,
        offset=offset,
        key=key,
        value=value,
        headers=[],
        timestamp=(1, 1234),
        latency=0.0,
        leader_epoch=0,
    )
    return DeadLetter(message, "not JSON")


def headers(found: Message) -> dict[str, bytes]:
    pairs: list[tuple[str, bytes]] = list(found.headers() or [])  # type: ignore[arg-type]
    return dict(pairs)


def by_offset(settings: KafkaSettings) -> dict[int, Message]:
    """Offset of the message -> its letter; each is there once."""
    found = stored(settings, settings.dead_letter_topic)
    made = {int(headers(each)["origin-offset"]): each for each in found}
    assert len(made) == len(found)
    return made


# As large as a broker takes by default, and larger than the client takes.
@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
def test_a_letter_that_is_too_large_goes_in_cut(
    settings: KafkaSettings, publisher: DeadLetterPublisher, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    large = b"0123456789" * (size // 10)
    publisher.publish([letter(0, b"before"), letter(1, large), letter(2, b"after")])
    found = by_offset(settings)
    assert [found[offset].value() for offset in (0, 2)] == [b"before", b"after"]
    kept = found[1].value() or b""
    assert large.startswith(kept)
    assert LIMIT_BYTES / 3 < len(kept) < LIMIT_BYTES
    assert found[1].key() == b"user-78"
    assert headers(found[1])["dead-letter-value-cut-from"] == str(size).encode()
    assert headers(found[1])["dead-letter-reason"] == b"not JSON"
    assert not any("cut" in name for offset in (0, 2) for name in headers(found[offset]))
    assert caplog.messages == [
        f"1 dead letters are cut: they were larger than topic {settings.dead_letter_topic} takes"
    ]


@pytest.mark.parametrize("value", [None, b"", b"x" * 50_000])
def test_a_key_that_is_too_large_is_cut_too(
    settings: KafkaSettings, publisher: DeadLetterPublisher, value: bytes | None
) -> None:
    publisher.publish([letter(0, value, key=b"k" * 50_000)])
    (found,) = by_offset(settings).values()
    assert set(found.key() or b"") == {ord("k")}
    assert LIMIT_BYTES / 3 < len(found.key() or b"") < LIMIT_BYTES
    assert (found.value() is None) == (value is None)
    assert headers(found)["dead-letter-key-cut-from"] == b"50000"
    assert ("dead-letter-value-cut-from" in headers(found)) == bool(value)


def test_letters_that_are_too_large_together_only_are_not_cut(
    settings: KafkaSettings, publisher: DeadLetterPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.publish(letter(offset, b"%d " % offset * 200) for offset in range(1000))
    found = by_offset(settings)
    assert {offset: each.value() for offset, each in found.items()} == {
        offset: b"%d " % offset * 200 for offset in range(1000)
    }
    assert caplog.messages == []


def test_a_topic_that_takes_not_even_the_headers_refuses(settings: KafkaSettings, admin: AdminClient) -> None:
    limited(admin, settings.dead_letter_topic, 100)
    publisher = DeadLetterPublisher(settings)
    with pytest.raises(StreamRefusedError, match=r"^Kafka does not take a record: .*too large"):
        publisher.publish([letter(0, b"x" * 1000)])
    publisher.close()
    assert stored(settings, settings.dead_letter_topic) == []


def test_a_view_that_is_too_large_is_a_refusal_and_others_go_on(settings: KafkaSettings, admin: AdminClient) -> None:
    limited(admin, settings.views_topic, LIMIT_BYTES)
    publisher = ViewPublisher(settings)
    for size in (50_000, 3_000_000):
        with pytest.raises(StreamRefusedError, match="too large"):
            publish_views(publisher, [("user", b"x" * size)])
    publish_views(publisher, [("user", b"small")])
    publisher.close()
    assert [message.value() for message in stored(settings, settings.views_topic)] == [b"small"]


def test_a_topic_that_may_not_be_written_refuses(settings: KafkaSettings, tmp_path: Path) -> None:
    with guarded_broker(tmp_path) as address:
        guarded = settings.model_copy(update={"kafka_bootstrap_servers": address})
        ensure_topics(guarded)
        admin = forbid_writing(address, guarded.dead_letter_topic)
        letters, views = DeadLetterPublisher(guarded), ViewPublisher(guarded)
        for _ in range(2):
            with pytest.raises(StreamRefusedError, match=r"^Kafka does not take a record: .*authorization failed"):
                letters.publish([letter(0, b"x")])
        publish_views(views, [("user", b"this one may be written")])
        assert len(stored(guarded, guarded.views_topic)) == 1
        for publisher in (letters, views):
            publisher.close()
        del admin
