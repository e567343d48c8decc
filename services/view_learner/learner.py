"""The loop that learns: what Kafka has, into the model; the model, now and then, to disk."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from confluent_kafka import Message

from services.view_learner.decoding import decoded
from vitrine.errors import ModelFileError, StreamUnavailableError
from vitrine.learning import Model, Stream
from vitrine.metrics import view_learner as metrics
from vitrine.outage import Outage
from vitrine.streaming import ErasureLog, OwnOffsetsReader
from vitrine.streaming.messages import age_of

logger = logging.getLogger(__name__)

REPORT_SECONDS = 10.0
IDLE_SECONDS = 0.2
# A batch costs as much as fifty views, so that few views wait a moment for more.
SMALL_BATCH = 500
GATHER_SECONDS = 0.05


class Learner:
    """Learns from views, purchases and carts, from the offsets that stand in the model; ends with a checkpoint.

    What was learned and the offsets after it get to disk together. After a crash, learning goes on from the last
    checkpoint, and comes to the same model. A checkpoint that cannot be written is said, and learning goes on.

    Before each round it asks who was erased, and learns nothing until it knows: what somebody did before that is not
    learned, and their open session is forgotten. What it had learned of them goes with the model that `rebuild_model`
    makes without them (vitrine.erasing). Only that is exact: events that are on their way may have been learned and not
    be stored, or the other way round.
    """

    def __init__(
        self,
        model: Model,
        readers: Mapping[Stream, OwnOffsetsReader],
        erasures: ErasureLog,
        *,
        checkpoint_seconds: float,
    ) -> None:
        self._model = model
        self._readers = readers
        self._erasures = erasures
        self._erasures_outage = Outage("The topic of erasures")
        self._checkpoint_seconds = checkpoint_seconds
        self._checkpoint_at = self._report_at = time.monotonic()
        self._checkpoint: Future[None] | None = None
        self._is_saved = True
        self._counts: Counter[str] = Counter()
        self._known = model.counts

    def run(self, stopping: Callable[[], bool]) -> None:
        """Returns when told to; nothing more can be learned then."""
        self._checkpoint_at = time.monotonic() + self._checkpoint_seconds
        try:
            while not stopping():
                if self._knows_who_was_erased():
                    self._read(Stream.VIEWS, IDLE_SECONDS, stopping)
                    for stream in (Stream.PURCHASES, Stream.CARTS):
                        if not stopping():
                            self._read(stream, 0, stopping)
                self._tick()
        finally:
            self._close()

    def _knows_who_was_erased(self) -> bool:
        """False while Kafka does not say."""
        try:
            new = self._erasures.follow()
        except StreamUnavailableError as error:
            self._erasures_outage.begin(error)
            time.sleep(IDLE_SECONDS)
            return False
        self._erasures_outage.end()
        for person in {each.person for each in new if each.person is not None}:
            for stream in Stream:
                self._model.forget(person, [], stream=stream)
            self._is_saved = False
        return True

    def _read(self, stream: Stream, timeout: float, stopping: Callable[[], bool]) -> None:
        messages = self._readers[stream].next_batch(timeout)
        if not messages:
            metrics.LAG_SECONDS.labels(stream.name.lower()).set(0)
            return
        self._learn(stream, messages)
        if len(messages) < SMALL_BATCH and not stopping():
            time.sleep(GATHER_SECONDS)

    def _learn(self, stream: Stream, messages: list[Message]) -> None:
        name, began = stream.name.lower(), time.monotonic()
        batch = decoded(messages, stream, now=time.time(), is_erased=self._erasures.covers)
        self._counts["erased"] += batch.erased
        if batch.invalid:
            self._counts["invalid"] += batch.invalid
            logger.debug("%d messages of %s are no events, the first: %s", batch.invalid, stream.name, batch.reason)
        for kind, events in batch.events.items():
            self._model.learn(events, stream=kind)
        self._model.advance(stream, batch.offsets)
        self._is_saved = False
        metrics.BATCH_SECONDS.labels(name).observe(time.monotonic() - began)
        metrics.BATCH_MESSAGES.labels(name).observe(len(messages))
        metrics.EVENTS.labels(name, "learned").inc(sum(len(events.users) for events in batch.events.values()))
        metrics.EVENTS.labels(name, "invalid").inc(batch.invalid)
        metrics.EVENTS.labels(name, "erased").inc(batch.erased)
        metrics.LAG_SECONDS.labels(name).set(age_of(messages[-1], now=time.time()))

    def _tick(self) -> None:
        now = time.monotonic()
        if now >= self._checkpoint_at and not self._is_saved:
            self._save()
            self._checkpoint_at = now + self._checkpoint_seconds
        if self._checkpoint is not None and self._checkpoint.done():
            self._end_checkpoint()
        if now - self._report_at >= REPORT_SECONDS:
            self._report()

    def _save(self) -> None:
        self._end_checkpoint()
        self._checkpoint = self._model.checkpoint()
        self._is_saved = True

    def _end_checkpoint(self) -> None:
        """Waits for the checkpoint that is being written, if there is one."""
        checkpoint, self._checkpoint = self._checkpoint, None
        if checkpoint is None:
            return
        try:
            checkpoint.result()
        except ModelFileError as error:
            self._is_saved = False
            metrics.CHECKPOINTS.labels("failed").inc()
            logger.warning("%s; learning goes on", error)
        else:
            metrics.CHECKPOINTS.labels("written").inc()

    def _report(self) -> None:
        """One line with the counts since the last one, where there is something to count."""
        known = self._model.counts
        self._counts.update({name: count - self._known[name] for name, count in known.items()})
        self._known, self._report_at = known, time.monotonic()
        if self._counts.total():
            logger.info(", ".join(f"{name}: {count}" for name, count in self._counts.items()), extra=dict(self._counts))
        self._counts.clear()

    def _close(self) -> None:
        with ThreadPoolExecutor(len(self._readers) + 1) as pool:
            # A broker that does not answer is waited for, so both at once.
            closing = [pool.submit(reader.close) for reader in self._readers.values()]
            closing.append(pool.submit(self._erasures.close))
            if not self._is_saved:
                self._save()
            self._end_checkpoint()
            for done in closing:
                done.result()
        self._report()
        self._model.close()
