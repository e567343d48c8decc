"""Views into Kafka, at a rate or as fast as they are taken, every one acknowledged or reported."""

import time
import uuid
from collections.abc import Callable

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from services.view_producer.stamping import MAX_AHEAD_MS, Stamper
from vitrine.errors import InvalidEventError
from vitrine.events import parse
from vitrine.outage import Outage
from vitrine.settings import KafkaSettings
from vitrine.streaming.producing import producer_configuration

FULL_QUEUE_SECONDS = 0.1


class ViewSender:
    """Sends views, keyed by user, in the order in which they come.

    The original bytes are sent, unknown fields included. A view without a timestamp gets the time of its Kafka
    record, strictly increasing for each user. The producer is idempotent and retries for five minutes; what the
    broker has not acknowledged until then counts as failed. `rate` is events a second, None for no limit.
    """

    def __init__(
        self, settings: KafkaSettings, *, rate: float | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.sent = 0
        self.failed = 0
        self.last_error = ""
        self._topic = settings.views_topic
        self._outage = Outage("Kafka")
        self._interval = 1 / rate if rate else 0.0
        self._due = time.monotonic()
        self._clock = clock
        self._stamper = Stamper()
        self._producer = Producer(
            # Acknowledgements need no report each: what is not in the queue any more and did not fail has arrived.
            {
                **producer_configuration(settings, **{"delivery.report.only.error": True}),
                "error_cb": self._on_error,
            }
        )

    def send(self, text: bytes, *, as_new: bool = False) -> None:
        """Queues a view for the broker; waits while the queue is full, or for its turn where there is a rate.

        `as_new` gives it a new id and the present as its time. Raises InvalidEventError.
        """
        view = parse(text, now=self._clock())
        if as_new:
            text = _as_new(text)
        if self._interval:
            self._wait_for_turn()
        if as_new or view.timestamp is None:
            self._produce(view.userid, text, self._stamp(view.userid))
        else:
            self._produce(view.userid, text, 0)
        self.sent += 1

    def flush(self) -> int:
        """Waits until the broker has acknowledged or refused all; returns how many it did not acknowledge."""
        waiting = self._producer.flush()
        return self.failed + waiting

    def _produce(self, userid: str, text: bytes, timestamp: int) -> None:
        """`timestamp` in Unix milliseconds, 0 for the present."""
        while True:
            try:
                self._producer.produce(
                    self._topic, value=text, key=userid.encode(), timestamp=timestamp, on_delivery=self._on_failure
                )
            except BufferError:
                self._producer.poll(FULL_QUEUE_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                    raise
                raise InvalidEventError("larger than the broker takes") from None
            else:
                return

    def _stamp(self, userid: str) -> int:
        now_ms = int(self._clock() * 1000)
        stamp = self._stamper.stamp(userid, now_ms)
        if stamp > now_ms + MAX_AHEAD_MS:
            # Far ahead of the clock a view would be taken for a mistake: let the clock come nearer.
            time.sleep((stamp - now_ms - MAX_AHEAD_MS) / 1000)
        return stamp

    def _wait_for_turn(self) -> None:
        while (wait := self._due - time.monotonic()) > 0:
            self._producer.poll(wait)
        self._due = max(self._due, time.monotonic() - 1) + self._interval

    def _on_failure(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.failed += 1
            self.last_error = error.str()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._outage.begin(error.str())


def _as_new(text: bytes) -> bytes:
    event = msgspec.json.decode(text)
    event["messageid"] = str(uuid.uuid4())
    event.pop("timestamp", None)
    return msgspec.json.encode(event)
