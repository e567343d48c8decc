"""Sends views to Kafka, at a rate or as fast as it takes them. Each one is acknowledged or reported."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from services.view_producer.stamping import Stamper
from vitrine.errors import InvalidEventError, StreamUnavailableError
from vitrine.event_files import Fault, Text
from vitrine.events import decode, viewed_at
from vitrine.outage import Outage
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import BrokerErrors
from vitrine.streaming.producing import producer_configuration

# Acknowledgements do not end this wait, only failures do. If it were longer, the queue would run dry.
FULL_QUEUE_SECONDS = 0.005
FLUSH_SECONDS = 0.5
# Kafka counts as away when it has acknowledged nothing for this long. The client reports it late, or not at all.
STALL_SECONDS = 2.0


class ViewSender:
    """Sends views, keyed by user, in the order in which they come.

    The original bytes are sent, unknown fields included. A view without a timestamp gets the time of its Kafka
    record, strictly increasing for each user. The producer is idempotent and retries for five minutes; what the
    broker has not acknowledged until then counts as failed. `rate` is events a second, None for no limit.
    """

    def __init__(
        self, settings: KafkaSettings, *, rate: float | None = None, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.sent = 0
        self.failed = 0
        self.last_error = "Kafka: no acknowledgement yet"
        self._topic = settings.views_topic
        self._outage = Outage("Kafka")
        self._broker_errors = BrokerErrors(settings)
        self._acknowledged = 0
        self._acknowledged_at = time.monotonic()
        self._interval = 1 / rate if rate else 0.0
        self._due = time.monotonic()
        self._clock_ns = clock_ns
        self._stamper = Stamper()
        self._producer = Producer(
            # Only failures are reported: what has left the queue and did not fail has arrived.
            {
                **producer_configuration(settings, **{"delivery.report.only.error": True}),
                # Nobody waits for a single view of a file that is sent at full speed. Fuller batches cost the broker
                # half, and a longer queue takes what is read in the half second before the client has its producer id.
                **({} if rate else {"linger.ms": 5, "queue.buffering.max.messages": 200_000}),
                "queue.buffering.max.kbytes": 128 * 1024,
                "error_cb": self._broker_errors.note,
            }
        )

    def send(self, texts: Iterable[Text | Fault], *, as_new: bool = False) -> Iterator[Fault]:
        """Queues views for the broker; yields a fault for each one that is not valid or could not be read.

        Waits while the queue is full, and as long as `rate` asks for. `as_new` gives each view a new id and the current
        time. Raises StreamUnavailableError when the producer does not take anything any more.
        """
        # One flat loop: more calls of our own would take a third of the time of an event.
        produce, on_failure = self._producer.produce, self._on_failure
        clock_ns, stamp = self._clock_ns, self._stamper.stamp
        for text in texts:
            if isinstance(text, Fault):
                yield text
                continue
            if self._interval:
                self._wait_for_turn()
            line, event = text
            try:
                view = decode(event)
                now_ms = clock_ns() // 1_000_000
                # The time of the view's Kafka record in Unix milliseconds; 0 means now.
                time_ms = 0
                if as_new or view.timestamp is None:
                    time_ms = stamp(view.userid, now_ms)
                else:
                    viewed_at(view, record_time=now_ms / 1000, now=now_ms / 1000)
                if as_new:
                    event = _as_new(event)
                # Counted first: an interrupt right after the call would leave a view sent and not counted.
                self.sent += 1
                try:
                    # By position: topic, value, key, partition (by key), callback, -, timestamp.
                    produce(self._topic, event, view.userid, -1, on_failure, None, time_ms)
                except (BufferError, KafkaException):
                    self.sent -= 1
                    self._produce_when_possible(event, view.userid, time_ms)
            except InvalidEventError as error:
                yield Fault(line, str(error))

    @property
    def unacknowledged(self) -> int:
        """Views that the broker has refused or not acknowledged yet."""
        self._producer.poll(0)  # reports that wait would count as views
        return self.failed + len(self._producer)

    def flush(self) -> None:
        """Waits until the broker has acknowledged or refused all."""
        # In short waits, because a signal does not always interrupt a long one.
        while self._producer.flush(FLUSH_SECONDS):
            self._watch()
        self._watch()

    def _produce_when_possible(self, text: bytes, userid: str, timestamp: int) -> None:
        """Waits for room in the queue. Raises InvalidEventError, StreamUnavailableError."""
        while True:
            self._producer.poll(FULL_QUEUE_SECONDS)
            self.sent += 1
            try:
                self._producer.produce(self._topic, text, userid, -1, self._on_failure, None, timestamp)
            except BufferError:
                self.sent -= 1
                self._watch()
                continue
            except KafkaException as error:
                self.sent -= 1
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    raise InvalidEventError("larger than the broker takes") from None
                raise StreamUnavailableError(f"Kafka does not take a message: {error.args[0].str()}") from error
            return

    def _wait_for_turn(self) -> None:
        while (wait := self._due - time.monotonic()) > 0:
            self._producer.poll(wait)
        self._watch()
        self._due = max(self._due, time.monotonic() - 1) + self._interval

    def _watch(self) -> None:
        """Logs once that the broker has stopped acknowledging, and once that it does so again."""
        waiting = len(self._producer)
        acknowledged = self.sent - self.failed - waiting
        if acknowledged > self._acknowledged:
            self._outage.end()
        if acknowledged > self._acknowledged or not waiting:
            self._acknowledged, self._acknowledged_at = acknowledged, time.monotonic()
        elif time.monotonic() > self._acknowledged_at + STALL_SECONDS:
            self._note_outage()

    def _note_outage(self) -> None:
        if not self._outage.is_on:
            self._outage.begin(self._broker_errors.explain_text(f"nothing acknowledged for {STALL_SECONDS:.0f} s"))

    def _on_failure(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.failed += 1
            self.last_error = f"Kafka: {self._broker_errors.explain(error)}"


# Fields keep their bytes: some, such as very large numbers, could not be written as they were.
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _as_new(text: bytes) -> bytes:
    try:
        event = _fields.decode(text)
    except UnicodeDecodeError:
        raise InvalidEventError("not UTF-8 text") from None
    event["messageid"] = msgspec.Raw(f'"{uuid.uuid4()}"'.encode())
    event.pop("timestamp", None)
    return msgspec.json.encode(event)
