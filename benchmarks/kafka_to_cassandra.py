"""Claim: the view consumer moves at least 4.5 x the events/s of a consumer that uses execute_concurrent(256).

Both read the same 500,000 events out of 4 partitions, write them into the same table, wait until Cassandra has
acknowledged each and commit after the write. The clock of each runs from its first message to its last commit.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import mean

from cassandra.concurrent import execute_concurrent_with_args
from confluent_kafka import Consumer, Message

from benchmarks.measuring import verdict
from benchmarks.views import events, produce
from services.view_consumer.classification import views_kept_for
from services.view_consumer.handler import EventHandler
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.storage import Link, ViewStore
from vitrine.storage.driver.connection import SCHEMA_PROFILE, connect
from vitrine.streaming import ConsumingLoop, DeadLetterPublisher, ErasureLog, GroupReader, ensure_topics
from vitrine.streaming.connection import client_configuration

EVENTS = 500_000


def main() -> int:
    ensure_topics(load(KafkaSettings))
    produce(events(EVENTS))
    _seconds("vitrine")  # Cassandra's just-in-time compiler needs a while
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for name in ("vitrine", "execute_concurrent", "vitrine"):
        seconds = _seconds(name)
        rates[name].append(EVENTS / seconds)
        print(f"  {name:<20} {EVENTS / seconds:10,.0f} events/s", flush=True)
    ratio = mean(rates["vitrine"]) / mean(rates["execute_concurrent"])
    return 0 if verdict("events/s", ratio, at_least=4.5) else 1


def _seconds(name: str) -> float:
    """Runs one of the consumers in a process and a consumer group of its own."""
    environment = {**os.environ, "VITRINE_VIEW_CONSUMER_GROUP": f"{name}-{uuid.uuid4()}"}
    command = [sys.executable, "-m", "benchmarks.kafka_to_cassandra", name]
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(result.stdout)


class _Timed(GroupReader):
    """Notes when the first message came and when the last was committed."""

    started = 0.0
    ended = 0.0
    committed = 0

    def next_batch(self, timeout: float) -> list[Message]:
        messages = super().next_batch(timeout)
        if messages and not self.started:
            self.started = time.perf_counter()
        return messages

    def done(self, messages: list[Message]) -> None:
        super().done(messages)
        self.committed += len(messages)
        self.ended = time.perf_counter()


def _vitrine(kafka: KafkaSettings, cassandra: CassandraSettings) -> float:
    link = Link(cassandra)
    link.connect()
    store = ViewStore(link)
    handler = EventHandler(
        "views",
        store=store,
        decode=views_kept_for(store.retention_seconds),
        dead_letters=DeadLetterPublisher(kafka),
        erasures=ErasureLog(kafka),
    )
    reader = _Timed(kafka, topic=kafka.views_topic, group=kafka.view_consumer_group)
    ConsumingLoop(reader, handler, stopping=lambda: reader.committed >= EVENTS).run()
    reader.close()
    return reader.ended - reader.started


def _execute_concurrent(kafka: KafkaSettings, cassandra: CassandraSettings) -> float:
    """What a good tutorial does: json, a prepared statement, 256 requests at once, one commit a batch."""
    session = connect(cassandra)
    session.set_keyspace(cassandra.cassandra_keyspace)
    insert = session.prepare(
        "INSERT INTO product_views (userid, messagetime, messageid, event, productid, source)"
        " VALUES (?, ?, ?, ?, ?, ?) USING TTL 7776000"
    )
    consumer = Consumer(
        {
            **client_configuration(kafka),
            "group.id": kafka.view_consumer_group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([kafka.views_topic])
    started, done = 0.0, 0
    while done < EVENTS:
        messages = consumer.consume(5000, timeout=0.5)
        if not messages:
            continue
        started = started or time.perf_counter()
        rows = [_row(message) for message in messages]
        # It fills the queue of one connection, so the time limits of single requests do not fit.
        execute_concurrent_with_args(session, insert, rows, concurrency=256, execution_profile=SCHEMA_PROFILE)
        consumer.commit(asynchronous=False)
        done += len(messages)
    return time.perf_counter() - started


def _row(message: Message) -> tuple[object, ...]:
    event = json.loads(message.value() or b"")
    viewed_at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
    product, source = event["properties"]["productid"], event["context"]["source"]
    return event["userid"], viewed_at, event["messageid"], event["event"], product, source


CONTENDERS: dict[str, Callable[[KafkaSettings, CassandraSettings], float]] = {
    "vitrine": _vitrine,
    "execute_concurrent": _execute_concurrent,
}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    print(CONTENDERS[sys.argv[1]](load(KafkaSettings), load(CassandraSettings)))
