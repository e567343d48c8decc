"""The loop that learns: what Kafka has, into the model; the model, now and then, to disk."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from confluent_kafka import Message

from services.view_learner.decoding import decoded
from vitrine.errors import ModelFileError
from vitrine.learning import Model, Stream
from vitrine.streaming import OwnOffsetsReader

logger = logging.getLogger(__name__)

REPORT_SECONDS = 10.0
IDLE_SECONDS = 0.2
# A batch costs as much as fifty views, so that few views wait a moment for more.
SMALL_BATCH = 500
GATHER_SECONDS = 0.05


class Learner:
    """Learns from views and purchases, from the offsets that stand in the model; ends with a checkpoint.

    What was learned and the offsets after it get to disk together. After a crash, learning goes on from the last
    checkpoint, and comes to the same model. A checkpoint that cannot be written is said, and learning goes on.
    """

    def __init__(self, model: Model, readers: Mapping[Stream, OwnOffsetsReader], *, checkpoint_seconds: float) -> None:
        self._model = model
        self._readers = readers
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
                self._read(Stream.VIEWS, IDLE_SECONDS, stopping)
                if not stopping():
                    self._read(Stream.PURCHASES, 0, stopping)
                self._tick()
        finally:
            self._close()

    def _read(self, stream: Stream, timeout: float, stopping: Callable[[], bool]) -> None:
        messages = self._readers[stream].next_batch(timeout)
        if not messages:
            return
        self._learn(stream, messages)
        if len(messages) < SMALL_BATCH and not stopping():
            time.sleep(GATHER_SECONDS)

    def _learn(self, stream: Stream, messages: list[Message]) -> None:
        batch = decoded(messages, stream, now=time.time())
        if batch.invalid:
            self._counts["invalid"] += batch.invalid
            logger.debug("%d messages of %s are no events, the first: %s", batch.invalid, stream.name, batch.reason)
        self._model.learn(batch.events, stream=stream, offsets=batch.offsets)
        self._is_saved = False

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
            logger.warning("%s; learning goes on", error)

    def _report(self) -> None:
        """One line with the counts since the last one, where there is something to count."""
        known = self._model.counts
        self._counts.update({name: count - self._known[name] for name, count in known.items()})
        self._known, self._report_at = known, time.monotonic()
        if self._counts.total():
            logger.info(", ".join(f"{name}: {count}" for name, count in self._counts.items()), extra=dict(self._counts))
        self._counts.clear()

    def _close(self) -> None:
        with ThreadPoolExecutor(len(self._readers)) as pool:
            # A broker that does not answer is waited for, so both at once.
            closing = [pool.submit(reader.close) for reader in self._readers.values()]
            if not self._is_saved:
                self._save()
            self._end_checkpoint()
            for done in closing:
                done.result()
        self._report()
        self._model.close()
