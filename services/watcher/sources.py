"""What is read every few seconds, each by a thread of its own: one that hangs holds up no other."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from vitrine.errors import VitrineError
from vitrine.metrics import watcher as metrics
from vitrine.settings import AirflowSettings, KafkaSettings, ShopDatabaseSettings, load
from vitrine.shop_database.outcomes import last_checks, last_runs
from vitrine.streaming import Selection, group_lag, open_letters, topic_ends

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """`read` sets the metrics; `name` is that of vitrine_watcher_source_up."""

    name: str
    every_seconds: float
    read: Callable[[], None]

    def watch(self, stop: Event) -> None:
        """Reads until it is told to stop. What cannot be read is said once, and tried again."""
        said = ""
        while not stop.is_set():
            began, why = time.monotonic(), ""
            try:
                self.read()
            except VitrineError as error:
                why = str(error)
            metrics.SOURCE_UP.labels(self.name).set(0 if why else 1)
            if why != said:
                logger.warning("%s: %s", self.name.replace("_", " "), why or "can be read again")
                said = why
            stop.wait(max(0.0, began + self.every_seconds - time.monotonic()))


class DeadLetters:
    """Counts them when something has come into their topic: the whole of it is read."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._counted: dict[int, int] | None = None

    def read(self) -> None:
        """Raises StreamUnavailableError."""
        ends = topic_ends(self._settings, topic=self._settings.dead_letter_topic)
        if ends != self._counted:
            metrics.DEAD_LETTERS.set(sum(1 for _ in open_letters(self._settings, Selection())))
            self._counted = ends


def read_lag() -> None:
    """Raises StreamUnavailableError."""
    kafka = load(KafkaSettings)
    for name, (topic, group) in kafka.consumer_groups.items():
        for partition, lag in group_lag(kafka, topic=topic, group=group).items():
            metrics.GROUP_LAG.labels(name, partition).set(lag)


def read_runs() -> None:
    """Raises ShopDatabaseUnavailableError, SchemaError."""
    for run in last_runs(load(ShopDatabaseSettings), load(AirflowSettings)):
        metrics.DAG_SUCCESS.labels(run.dag).set(run.is_success)
        metrics.DAG_SUCCESS_AT.labels(run.dag).set(run.succeeded_at or 0)
        metrics.DAG_SECONDS.labels(run.dag).set(run.seconds)


def read_quality() -> None:
    """Raises ShopDatabaseUnavailableError, SchemaError."""
    found = last_checks(load(ShopDatabaseSettings))
    if found is None:
        return
    metrics.QUALITY_CHECKS.labels("passed").set(found.checks - found.failed)
    metrics.QUALITY_CHECKS.labels("failed").set(found.failed)
    metrics.QUALITY_AT.set(found.finished_at.timestamp())
    metrics.QUALITY_PUBLISHED.set(found.is_published)


def sources() -> tuple[Source, ...]:
    return (
        Source("lag", 5, read_lag),
        Source("dead_letters", 60, DeadLetters(load(KafkaSettings)).read),
        Source("runs", 15, read_runs),
        Source("quality", 15, read_quality),
    )
