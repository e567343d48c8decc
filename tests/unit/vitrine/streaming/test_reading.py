"""What the Kafka client may report in the place of a message. No broker is needed: nothing listens at this address."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from vitrine.settings import KafkaSettings
from vitrine.streaming import GroupReader
from vitrine.streaming.reading import TopicReader


@pytest.fixture
def reader() -> Iterator[TopicReader]:
    made = GroupReader(KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1"), topic="views", group="group")
    yield made
    made.close()


@pytest.mark.parametrize(("code", "fatal"), [(KafkaError._FENCED, True), (KafkaError._FATAL, False)])
def test_a_fatal_error_is_raised(reader: TopicReader, code: int, fatal: bool) -> None:
    with pytest.raises(KafkaException, match="fenced"):
        reader._on_error(KafkaError(code, "fenced", fatal=fatal))


def test_the_reason_of_an_outage_is_the_brokers_last_words(
    reader: TopicReader, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        reader._on_error(KafkaError(KafkaError._TRANSPORT, "127.0.0.1:1: refused"))
        reader._on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    assert caplog.messages == ["Kafka is away, waiting for it: 127.0.0.1:1: refused"]


def test_what_is_wrong_with_a_topic_is_said_once_and_is_no_outage(
    reader: TopicReader, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        reader._on_error(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "no topic"))
        reader._on_error(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED, "not allowed"))
    assert caplog.messages == ["Kafka: no topic", "Kafka: not allowed"]
