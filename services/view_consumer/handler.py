"""Writes a batch: its views to Cassandra, everything that is not a view to the dead letters."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping

from confluent_kafka import Message

from services.view_consumer.classification import ClassifiedBatch, classify
from vitrine.errors import StorageUnavailableError, StreamUnavailableError, UnavailableError
from vitrine.storage import ViewStore
from vitrine.streaming import DeadLetter, DeadLetterPublisher

logger = logging.getLogger(__name__)

REPORT_SECONDS = 10.0


class ViewHandler:
    """Writes views as they come, and reports how many.

    A message that comes again changes nothing in Cassandra; a dead letter may be published twice.
    """

    waits_for: Mapping[type[UnavailableError], str] = {
        StorageUnavailableError: "Cassandra",
        StreamUnavailableError: "The dead-letter topic",
    }

    def __init__(
        self, *, store: ViewStore, dead_letters: DeadLetterPublisher, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._dead_letters = dead_letters
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._reported_at = time.monotonic()

    def handle(self, messages: list[Message]) -> None:
        """Returns once Cassandra has acknowledged all views, and Kafka all dead letters.

        Raises StorageRefusedError when Cassandra takes no views at all, StreamRefusedError when Kafka takes no letters.
        """
        batch = classify(messages, now=self._clock(), retention_seconds=self._store.retention_seconds)
        refused = self._refused(batch)
        letters = batch.letters + refused
        if letters:
            self._dead_letters.publish(letters)
            first = letters[0].message
            fields = {"topic": first.topic(), "partition": first.partition(), "offset": first.offset()}
            logger.warning("%d dead letters, the first: %s", len(letters), letters[0].reason, extra=fields)
        self._counts.update(
            written=len(batch.rows) - len(refused),
            dead_letters=len(letters),
            older_than_retention=batch.expired,
        )

    def tick(self) -> None:
        """Reports every ten seconds."""
        if time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self.report()

    def report(self) -> None:
        """Logs one line with the counts since the last such line, if there are any."""
        if not self._counts.total():
            return
        sentence = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in self._counts.items())
        logger.info(sentence, extra=dict(self._counts))
        self._counts.clear()
        self._reported_at = time.monotonic()

    def _refused(self, batch: ClassifiedBatch) -> list[DeadLetter]:
        """Writes the rows; dead letters for those that Cassandra refuses."""
        refusals = self._store.write(batch.rows)
        if not refusals:
            return []
        reasons = {refusal.row: refusal.reason for refusal in refusals}
        pairs = zip(batch.rows, batch.row_messages, strict=True)
        return [DeadLetter(message, reasons[row]) for row, message in pairs if row in reasons]
