"""`python -m services.view_consumer`: writes views and shop events from Kafka to Cassandra until SIGTERM or Ctrl-C.

Each topic has a thread and a consumer group of its own. Settings are environment variables (.env.example). Exit
status: 0 told to stop, 1 wrong settings, a fatal error, or a server that refuses what it is given.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import KafkaException

from services.view_consumer.classification import shop_events_kept_for, views_kept_for
from services.view_consumer.handler import EventHandler
from services.view_consumer.tracing import BatchTracer
from vitrine import traces
from vitrine.errors import VitrineError
from vitrine.logs import configure_logging
from vitrine.metrics import view_consumer as metrics
from vitrine.settings import CassandraSettings, KafkaSettings, MetricsSettings, load
from vitrine.storage import Link, ShopEventStore, ViewStore
from vitrine.streaming import ConsumingLoop, DeadLetterPublisher, ErasureLog, GroupReader

logger = logging.getLogger("view_consumer")


class _Consumer(NamedTuple):
    """What reads a topic, and what it reads for."""

    topic: metrics.Topic
    reader: GroupReader
    handler: EventHandler[Any]


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
    views, shop_events = ViewStore(link), ShopEventStore(link)
    link.keep_connecting()
    dead_letters = DeadLetterPublisher(kafka)
    # One each: what asks it is one thread.
    erasures = [ErasureLog(kafka), ErasureLog(kafka)]
    tracer = traces.start("view-consumer")
    batch_tracer = BatchTracer(tracer) if tracer else None
    consumers = [
        _Consumer(
            "views",
            _reader(kafka, "views"),
            EventHandler(
                "views",
                store=views,
                decode=views_kept_for(views.retention_seconds),
                dead_letters=dead_letters,
                erasures=erasures[0],
                tracer=batch_tracer,
            ),
        ),
        _Consumer(
            "shop events",
            _reader(kafka, "shop events", "Kafka, for shop events"),
            EventHandler(
                "shop events",
                store=shop_events,
                decode=shop_events_kept_for(shop_events.retention_seconds, in_carts=shop_events.carts.kept_seconds),
                dead_letters=dead_letters,
                erasures=erasures[1],
                tracer=batch_tracer,
            ),
        ),
    ]
    try:
        _show_metrics(consumers)
        _consume(consumers, stop)
    finally:
        for consumer in consumers:
            consumer.handler.report()
        with ThreadPoolExecutor(len(consumers)) as pool:
            # A broker that does not answer is waited for, so all at once.
            list(pool.map(lambda consumer: consumer.reader.close(), consumers))
        dead_letters.close()
        for log in erasures:
            log.close()
        link.close()
        traces.stop()
        logger.info("stopped")


def _reader(kafka: KafkaSettings, name: metrics.Topic, server: str = "Kafka") -> GroupReader:
    topic, group = kafka.consumer_groups[name]
    logger.info("consuming %s as a member of group %s", topic, group, extra={"topic": topic, "group": group})
    return GroupReader(kafka, topic=topic, group=group, instance=kafka.view_consumer_instance, server=server)


def _consume(consumers: Iterable[_Consumer], stop: threading.Event) -> None:
    """Returns when told to stop. An error of one ends all; it is raised, and of several the first one."""
    errors: list[Exception] = []

    def run(consumer: _Consumer) -> None:
        try:
            ConsumingLoop(consumer.reader, consumer.handler, stopping=stop.is_set).run()
        except Exception as error:  # noqa: BLE001 - raised below
            if errors:
                logger.error("%s: %s", consumer.topic, error)
            errors.append(error)
        finally:
            stop.set()

    first, *others = consumers
    with ThreadPoolExecutor(len(others), "consumer") as pool:
        for consumer in others:
            pool.submit(run, consumer)
        # In this thread, to which signals come.
        run(first)
    if errors:
        raise errors[0]


def _show_metrics(consumers: Iterable[_Consumer]) -> None:
    for topic, reader, handler in consumers:
        metrics.LAG_SECONDS.labels(topic).set_function(partial(getattr, handler, "lag_seconds"))
        metrics.LAG_MESSAGES.labels(topic).set_function(partial(getattr, reader, "lag"))
    settings = load(MetricsSettings)
    metrics.exposition.serve(
        settings.metrics_host,
        settings.view_consumer_metrics_port,
        setting="VITRINE_VIEW_CONSUMER_METRICS_PORT",
    )


if __name__ == "__main__":
    sys.exit(main())
