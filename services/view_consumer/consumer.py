"""The loop: a batch out of Kafka, its views into Cassandra, its dead letters out, then its offsets back."""

import logging
import time
from collections import Counter
from collections.abc import Callable

from confluent_kafka import Message

from services.view_consumer.classification import ClassifiedBatch, classify
from vitrine.errors import StorageUnavailableError, StreamUnavailableError, UnavailableError
from vitrine.outage import Outage
from vitrine.storage import ViewStore
from vitrine.streaming import BatchConsumer, DeadLetter, DeadLetterPublisher

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
RETRY_SECONDS = 0.5
REPORT_SECONDS = 10.0


class ViewConsumer:
    """Writes views as they come, until `stopping()` says so.

    Offsets are committed after the batch is written, never before. A batch that cannot be written is held and tried
    again for as long as it takes; the process stays in the group meanwhile.
    """

    def __init__(
        self,
        *,
        consumer: BatchConsumer,
        store: ViewStore,
        dead_letters: DeadLetterPublisher,
        stopping: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._dead_letters = dead_letters
        self._stopping = stopping
        self._clock = clock
        self._outages: dict[type[UnavailableError], Outage] = {
            StorageUnavailableError: Outage("Cassandra"),
            StreamUnavailableError: Outage("The dead-letter topic"),
        }
        self._counts: Counter[str] = Counter()
        self._reported_at = clock()

    def run(self) -> None:
        """Returns when told to stop, with the batch in hand written and committed, unless a server is away."""
        while not self._stopping():
            messages = self._consumer.next_batch(IDLE_SECONDS)
            if messages and self._deliver(messages):
                self._consumer.commit(messages)
            self._report(every=REPORT_SECONDS)
        self._report(every=0)

    def _deliver(self, messages: list[Message]) -> bool:
        """Writes a batch, however long it takes; False when told to stop before it was written."""
        while True:
            try:
                self._write(messages)
            except UnavailableError as error:
                self._outages[type(error)].begin(error)
                if self._stopping():
                    return False
                messages += self._consumer.hold(RETRY_SECONDS)
            else:
                self._go_on()
                return True

    def _go_on(self) -> None:
        """Ends the holding, where a batch was held."""
        for outage in self._outages.values():
            if outage.is_on:
                outage.end()
                self._consumer.resume()

    def _write(self, messages: list[Message]) -> None:
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

    def _refused(self, batch: ClassifiedBatch) -> list[DeadLetter]:
        """Writes the rows; dead letters for those that Cassandra refuses."""
        refusals = self._store.write(batch.rows)
        if not refusals:
            return []
        reasons = {refusal.row: refusal.reason for refusal in refusals}
        pairs = zip(batch.rows, batch.row_messages, strict=True)
        return [DeadLetter(message, reasons[row]) for row, message in pairs if row in reasons]

    def _report(self, *, every: float) -> None:
        """One line with the counts since the last one, where there is something to count."""
        if self._clock() - self._reported_at < every or not self._counts.total():
            return
        sentence = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in self._counts.items())
        logger.info(sentence, extra=dict(self._counts))
        self._counts.clear()
        self._reported_at = self._clock()
