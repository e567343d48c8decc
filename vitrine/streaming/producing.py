"""Producing with acknowledgement: a call returns when the broker has everything, and raises when it has not."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vitrine.errors import StreamRefusedError, StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import BrokerErrors, client_configuration
from vitrine.streaming.topics import ensure_topics

logger = logging.getLogger(__name__)

CHECK_TIMEOUT_SECONDS = 0.5
RETRY_SECONDS = 1.0
# How long a caller waits for the broker.
SEND_TIMEOUT_SECONDS = 2.0
# Trying again does not help with these. All other errors of Kafka for a record pass by themselves, or an operator can
# end them while we wait, such as a missing topic or a wrong password.
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_REFUSALS = _TOO_LARGE | {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.INVALID_REQUIRED_ACKS,
    KafkaError.INVALID_TIMESTAMP,
    KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    KafkaError.POLICY_VIOLATION,
    KafkaError.INVALID_RECORD,
}

Header = tuple[str, str | bytes | None]


@dataclass(frozen=True)
class Record:
    """A Kafka message to send."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header] = field(default_factory=list)
    # Unix milliseconds; 0 means now.
    timestamp: int = 0
    # -1: by the key.
    partition: int = -1


def producer_configuration(settings: KafkaSettings, **overrides: object) -> dict[str, Any]:
    """The settings that all producers share. A record is not lost, doubled or reordered by a retry."""
    return {
        **client_configuration(settings),
        "enable.idempotence": True,
        # A single view of a person is sent at once; under load batches fill while requests are under way.
        "linger.ms": 0,
        # A dead letter is a message of up to the broker's own limit, and headers besides.
        "message.max.bytes": 2 * 1024 * 1024,
        "log.connection.close": False,
        **overrides,
    }


class AcknowledgedProducer:
    """Sends records and waits until the broker has acknowledged them. Safe to use from several threads.

    Records of one call and key keep their order. A record of a call that failed may have arrived all the same: sent
    again, it may be there twice.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._broker_errors = BrokerErrors(settings)
        overrides = {
            "message.timeout.ms": int(SEND_TIMEOUT_SECONDS * 1000),
            "error_cb": self._broker_errors.note,
        }
        self._producer = Producer(producer_configuration(settings, **overrides))
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._serve, name="kafka-delivery-reports", daemon=True)
        self._poller.start()

    def send(self, records: Sequence[Record]) -> Sequence[Message | None]:
        """Returns when the broker has acknowledged all records: its report of each, in their order.

        Raises StreamUnavailableError when it has not, StreamRefusedError when it does not take one of them.
        """
        reports = self._reports(records)
        self._raise_first(reports.errors)
        return reports.messages

    def _raise_first(self, errors: Iterable[KafkaError | None]) -> None:
        raise_first(errors, self._broker_errors.explain)

    def _errors(self, records: Sequence[Record]) -> list[KafkaError | None]:
        """For each record why the broker has not acknowledged it, or None. Raises StreamUnavailableError."""
        return self._reports(records).errors

    def _reports(self, records: Sequence[Record]) -> "_Reports":
        """Those of all records. Raises StreamUnavailableError where they do not come in time."""
        reports = _Reports(len(records))
        try:
            for index, record in enumerate(records):
                self._produce(record, partial(reports.add, index))
        except BufferError as error:
            raise StreamUnavailableError(f"Kafka does not take a message: {error}") from error
        if not reports.wait():
            self._hear()
            raise StreamUnavailableError(f"Kafka: {self._broker_errors.explain_text('no acknowledgement in time')}")
        return reports

    def _produce(self, record: Record, report: Callable[[KafkaError | None, Message | None], None]) -> None:
        try:
            self._producer.produce(
                record.topic,
                value=record.value,
                key=record.key,
                headers=record.headers,
                timestamp=record.timestamp,
                partition=record.partition,
                on_delivery=report,
            )
        except KafkaException as error:
            report(error.args[0], None)

    def check(self) -> None:
        """Raises StreamUnavailableError unless the broker answers now."""
        try:
            self._producer.list_topics(self._settings.views_topic, timeout=CHECK_TIMEOUT_SECONDS)
        except KafkaException as error:
            self._hear()
            raise StreamUnavailableError(f"Kafka: {self._broker_errors.explain(error.args[0])}") from error

    def close(self) -> None:
        """Waits for what is under way, as long as a caller of `send` would."""
        self._producer.flush(SEND_TIMEOUT_SECONDS)
        self._closed.set()

    def _hear(self) -> None:
        """What the client has to say of brokers: the other thread may be making topics."""
        self._producer.poll(0)

    def _serve(self) -> None:
        """Creates missing topics, then hands out delivery reports as they come."""
        problem: str | None = ""
        while not self._closed.is_set():
            if problem is not None:
                problem = self._make_topics(problem)
            self._producer.poll(RETRY_SECONDS)

    def _make_topics(self, said: str) -> str | None:
        """None when the topics exist, else the reason why not. It is logged unless it is the same as `said`."""
        try:
            ensure_topics(self._settings)
        except StreamUnavailableError as error:
            if str(error) != said:
                logger.warning("the topics are not known yet: %s", error)
            return str(error)
        return None


class Position(NamedTuple):
    """Where an acknowledged record is in Kafka."""

    topic: str
    partition: int
    offset: int


def position(report: Message | None) -> Position:
    """That of a record that the broker has acknowledged."""
    # The client's types allow for reports of what never got to a broker.
    acknowledged: Any = report
    return Position(acknowledged.topic(), acknowledged.partition(), acknowledged.offset())


class EventToSend(NamedTuple):
    """An event as JSON text; `time` is that of its record in Unix milliseconds, or 0 for now.

    An event without a timestamp has the time of its record.
    """

    userid: str
    text: bytes
    is_view: bool
    time: int
    headers: Sequence[Header]


class ViewPublisher(AcknowledgedProducer):
    """Puts views and shop events into their topics, keyed by user, so that those of one user stay in order."""

    def publish_events(self, events: Iterable[EventToSend]) -> Sequence[Message | None]:
        """Sends views and shop events at once, each to its topic; the same promise as `send`."""
        topics = {True: self._settings.views_topic, False: self._settings.shop_events_topic}
        return self.send(
            [
                Record(topics[each.is_view], each.userid.encode(), each.text, list(each.headers), each.time)
                for each in events
            ]
        )


class PurchasePublisher(AcknowledgedProducer):
    """Puts purchases into their topic, keyed by user."""

    def publish(self, purchases: Iterable[tuple[str, bytes]]) -> None:
        """Sends (user, JSON text) pairs; the same promise as `send`."""
        topic = self._settings.purchases_topic
        self.send([Record(topic, userid.encode(), value) for userid, value in purchases])


class _Reports:
    """The delivery reports of one call."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        # What the client refuses at once is reported by the caller's thread, what the broker answers by another.
        self._lock = threading.Lock()
        self.errors: list[KafkaError | None] = [None] * expected
        self.messages: list[Message | None] = [None] * expected
        self._done = threading.Event()
        if not expected:
            self._done.set()

    def add(self, index: int, error: KafkaError | None, message: Message | None) -> None:
        with self._lock:
            self.errors[index] = error
            self.messages[index] = message
            self._missing -= 1
            if not self._missing:
                self._done.set()

    def wait(self) -> bool:
        """Whether they come in time."""
        # The reports of records that time out come a little after the time limit.
        return self._done.wait(SEND_TIMEOUT_SECONDS + 1)


def is_too_large(error: KafkaError | None) -> bool:
    """Whether a record, or the batch that it was sent in, is larger than the client or the topic takes."""
    return error is not None and error.code() in _TOO_LARGE


def raise_first(errors: Iterable[KafkaError | None], explain: Callable[[KafkaError], str]) -> None:
    """Raises StreamRefusedError for a record that the broker does not take, else StreamUnavailableError for any other.

    An error of the client itself may be fatal; then only a new client helps.
    """
    found = [error for error in errors if error is not None]
    for error in found:
        if error.code() in _REFUSALS or error.fatal():
            raise StreamRefusedError(f"Kafka does not take a record: {error.str()}")
    for error in found:
        raise StreamUnavailableError(f"Kafka: {explain(error)}")
