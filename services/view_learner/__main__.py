"""`python -m services.view_learner`: learns from what shoppers do, as it comes out of Kafka, until SIGTERM or Ctrl-C.

It keeps one model in VITRINE_MODEL_FOLDER, from which the API recommends. Settings are environment variables
(.env.example). Exit status: 0 stopped as told, 1 wrong settings or a fatal error.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType

from confluent_kafka import KafkaException

from services.view_learner.learner import Learner
from services.view_learner.opening import alone_in, open_model
from vitrine.errors import VitrineError
from vitrine.learning import Model, Stream
from vitrine.learning.warming import warm_up_learning
from vitrine.logs import configure_logging
from vitrine.metrics import view_learner as metrics
from vitrine.pipelines import rebuild_model
from vitrine.settings import KafkaSettings, LearnerSettings, MetricsSettings, load
from vitrine.streaming import ErasureLog, OwnOffsetsReader

logger = logging.getLogger("view_learner")


def main() -> int:
    """Runs until it is told to stop."""
    argparse.ArgumentParser(prog="python -m services.view_learner", description=__doc__).parse_args()
    # Compiling may take longer than a stop may; there is nothing to save yet.
    _on_signal(lambda *_: sys.exit(0))
    try:
        configure_logging()
        _run(load(KafkaSettings), load(LearnerSettings))
    except (VitrineError, KafkaException) as error:
        logger.error("%s", error)
        return 1
    return 0


def _run(kafka: KafkaSettings, settings: LearnerSettings) -> None:
    shown = load(MetricsSettings)
    metrics.exposition.serve(
        shown.metrics_host, shown.view_learner_metrics_port, setting="VITRINE_VIEW_LEARNER_METRICS_PORT"
    )
    with alone_in(settings.model_folder):
        warm_up_learning()
        stop = threading.Event()
        _on_signal(lambda *_: stop.set())
        while not stop.is_set() and (model := open_model(settings, stop)):
            _learn(model, kafka, settings, stop)
    logger.info("stopped")


def _learn(model: Model, kafka: KafkaSettings, settings: LearnerSettings, stop: threading.Event) -> None:
    """Returns when told to stop, or when a rebuilt model waits."""
    topics = {
        Stream.VIEWS: kafka.views_topic,
        Stream.PURCHASES: kafka.purchases_topic,
        Stream.CARTS: kafka.shop_events_topic,
    }
    readers = {
        stream: OwnOffsetsReader(kafka, topic=topic, offsets=model.offsets(stream)) for stream, topic in topics.items()
    }
    _measure(model, readers)
    logger.info(
        "learning from %s into %s", " and ".join(topics.values()), model.path, extra={"topics": list(topics.values())}
    )
    learner = Learner(model, readers, ErasureLog(kafka), checkpoint_seconds=settings.learner_checkpoint_seconds)
    learner.run(lambda: stop.is_set() or rebuild_model.is_waiting(settings.model_folder))


def _measure(model: Model, readers: Mapping[Stream, OwnOffsetsReader]) -> None:
    """What is read when somebody asks; what was learned by the model before is forgotten."""
    metrics.NEWEST_EVENT.set_function(lambda: model.newest or 0.0)
    for stream, reader in readers.items():
        metrics.LAG_MESSAGES.labels(stream.name.lower()).set_function(partial(_lag, reader))


def _lag(reader: OwnOffsetsReader) -> int:
    return reader.lag


def _on_signal(handler: Callable[[int, FrameType | None], object]) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, handler)


if __name__ == "__main__":
    sys.exit(main())
