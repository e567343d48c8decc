"""Writes a batch: its events to Cassandra, everything that is none to the dead letters."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Protocol, TypeVar

from confluent_kafka import Message

from services.view_consumer.classification import ClassifiedBatch, Decode, classify
from services.view_consumer.tracing import BatchTracer
from vitrine.errors import (
    ErasuresUnavailableError,
    StorageUnavailableError,
    StreamUnavailableError,
    UnavailableError,
)
from vitrine.metrics import view_consumer as metrics
from vitrine.storage import Refusal
from vitrine.streaming import DeadLetter, DeadLetterPublisher, ErasureLog
from vitrine.streaming.messages import REQUEST_ID, age_of, headers_of

logger = logging.getLogger(__name__)

REPORT_SECONDS = 10.0
_WAITS_FOR: Mapping[type[UnavailableError], str] = {
    StorageUnavailableError: "Cassandra",
    StreamUnavailableError: "The dead-letter topic",
    ErasuresUnavailableError: "The topic of erasures",
}
Row = TypeVar("Row")


class Store(Protocol[Row]):
    """Where rows go; as ViewStore.write says."""

    def write(self, rows: Iterable[Row]) -> list[Refusal[Row]]: ...


class EventHandler(Generic[Row]):
    """Writes the events of one topic as they come, and reports how many.

    A message that comes again changes nothing in Cassandra; a dead letter may be published twice. What was done before
    its person was erased is neither stored nor a dead letter: who was erased is asked before each batch, and a batch
    waits for the answer.
    """

    def __init__(  # noqa: PLR0913 - all by name
        self,
        topic: metrics.Topic,
        *,
        store: Store[Row],
        decode: Decode[Row],
        dead_letters: DeadLetterPublisher,
        erasures: ErasureLog,
        tracer: BatchTracer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`topic` is its name among the metrics; `tracer` where spans are wanted."""
        self._topic = topic
        # Each topic's outages have a name of their own in the log.
        self.waits_for: Mapping[type[UnavailableError], str] = {
            error: server if topic == "views" else f"{server}, for {topic}" for error, server in _WAITS_FOR.items()
        }
        self._tracer = tracer
        self._store = store
        self._decode = decode
        self._dead_letters = dead_letters
        self._erasures = erasures
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._reported_at = time.monotonic()
        # For the lag: the oldest message in hand; and how old the newest was when it was done.
        self._in_hand: Message | None = None
        self._age_when_done = 0.0
        self._was_idle = True

    @property
    def lag_seconds(self) -> float:
        """How old the oldest message in hand is, else how old the newest was when it was done; 0 when nothing comes.

        May be asked by any thread.
        """
        in_hand = self._in_hand
        return self._age_when_done if in_hand is None else age_of(in_hand, now=self._clock())

    def handle(self, messages: list[Message]) -> None:
        """Returns once Cassandra has acknowledged all events, and Kafka all dead letters.

        Raises StorageRefusedError when Cassandra takes no events at all, StreamRefusedError when Kafka takes no
        letters.
        """
        self._in_hand = messages[0]
        try:
            with metrics.BATCH_SECONDS.labels(self._topic).time():
                self._handle(messages)
        except tuple(_WAITS_FOR) as error:
            metrics.FAILED_BATCHES.labels(self._topic, _WAITS_FOR[type(error)]).inc()
            raise
        metrics.BATCH_MESSAGES.labels(self._topic).observe(len(messages))
        self._age_when_done = age_of(messages[-1], now=self._clock())
        self._in_hand, self._was_idle = None, False

    def _handle(self, messages: list[Message]) -> None:
        began = self._clock()
        self._erasures.follow()
        batch = classify(messages, self._decode, now=began, is_erased=self._erasures.covers)
        refused = self._refused(batch)
        letters = batch.letters + refused
        if letters:
            self._dead_letters.publish(letters)
            first = letters[0].message
            fields = {"topic": first.topic(), "partition": first.partition(), "offset": first.offset()}
            if request_id := headers_of(first).get(REQUEST_ID):
                fields["request_id"] = request_id
            logger.warning("%d dead letters, the first: %s", len(letters), letters[0].reason, extra=fields)
        if self._tracer:
            self._tracer.trace(batch, letters, began=began, ended=self._clock())
        counts = {
            "written": len(batch.rows) - len(refused),
            "dead_letters": len(letters),
            "older_than_retention": batch.expired,
            "erased": batch.erased,
        }
        self._counts.update(counts)
        for outcome, count in counts.items():
            metrics.MESSAGES_DONE.labels(self._topic, outcome).inc(count)

    def tick(self) -> None:
        """Reports every ten seconds."""
        if self._was_idle:
            self._age_when_done = 0.0
        self._was_idle = True
        if time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self.report()

    def report(self) -> None:
        """Logs one line with the counts since the last such line, if there are any."""
        if not self._counts.total():
            return
        sentence = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in self._counts.items())
        logger.info("%s: %s", self._topic, sentence, extra=dict(self._counts))
        self._counts.clear()
        self._reported_at = time.monotonic()

    def _refused(self, batch: ClassifiedBatch[Row]) -> list[DeadLetter]:
        """Writes the rows; dead letters for those that Cassandra refuses."""
        refusals = self._store.write(batch.rows)
        if not refusals:
            return []
        reasons = {refusal.row: refusal.reason for refusal in refusals}
        pairs = zip(batch.rows, batch.row_messages, strict=True)
        return [DeadLetter(message, reasons[row]) for row, message in pairs if row in reasons]
