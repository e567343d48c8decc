"""`python -m services.view_consumer`: writes views from Kafka to Cassandra until SIGTERM or Ctrl-C.

Settings are environment variables (.env.example). Exit status: 0 told to stop, 1 wrong
settings, a fatal error, or a server that refuses what it is given.
"""

import argparse
import logging
import signal
import sys
import threading

from confluent_kafka import KafkaException

from services.view_consumer.handler import ViewHandler
from services.view_consumer.tracing import BatchTracer
from vitrine import traces
from vitrine.errors import VitrineError
from vitrine.logs import configure_logging
from vitrine.metrics import view_consumer as metrics
from vitrine.settings import CassandraSettings, KafkaSettings, MetricsSettings, load
from vitrine.storage import Link, ViewStore
from vitrine.streaming import ConsumingLoop, DeadLetterPublisher, ErasureLog, GroupReader

logger = logging.getLogger("view_consumer")


def main() -> int:
    """Runs until it is told to stop."""
    argparse.ArgumentParser(prog="python -m services.view_consumer", description=__doc__).parse_args()
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    try:
        configure_logging()
        _run(load(KafkaSettings), load(CassandraSettings), stop)
    except (VitrineError, KafkaException) as error:
        logger.error("%s", error)
        return 1
    return 0


def _run(kafka: KafkaSettings, cassandra: CassandraSettings, stop: threading.Event) -> None:
    link = Link(cassandra)
    store = ViewStore(link)
    link.keep_connecting()
    dead_letters = DeadLetterPublisher(kafka)
    erasures = ErasureLog(kafka)
    tracer = traces.start("view-consumer")
    handler = ViewHandler(
        store=store,
        dead_letters=dead_letters,
        erasures=erasures,
        tracer=BatchTracer(tracer) if tracer else None,
    )
    reader = GroupReader(
        kafka, topic=kafka.views_topic, group=kafka.view_consumer_group, instance=kafka.view_consumer_instance
    )
    logger.info(
        "consuming %s as a member of group %s",
        kafka.views_topic,
        kafka.view_consumer_group,
        extra={"topic": kafka.views_topic, "group": kafka.view_consumer_group},
    )
    _show_metrics(handler, reader)
    try:
        ConsumingLoop(reader, handler, stopping=stop.is_set).run()
    finally:
        handler.report()
        reader.close()
        dead_letters.close()
        erasures.close()
        link.close()
        traces.stop()
        logger.info("stopped")


def _show_metrics(handler: ViewHandler, reader: GroupReader) -> None:
    metrics.LAG_SECONDS.set_function(lambda: handler.lag_seconds)
    metrics.LAG_MESSAGES.set_function(lambda: reader.lag)
    settings = load(MetricsSettings)
    metrics.exposition.serve(
        settings.metrics_host,
        settings.view_consumer_metrics_port,
        setting="VITRINE_VIEW_CONSUMER_METRICS_PORT",
    )


if __name__ == "__main__":
    sys.exit(main())
