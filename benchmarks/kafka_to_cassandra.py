"""Claim: the view consumer moves at least 4.5 x the events/s of a consumer that uses execute_concurrent(256).

Both read the same 500,000 events out of 4 partitions, write them into the same table, wait until Cassandra has
acknowledged each and commit after the write. The clock of each runs from its first message to its last commit.
"""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import mean

from cassandra.concurrent import execute_concurrent_with_args
from confluent_kafka import Consumer, Producer

from benchmarks.views import events
from local_stack.stack import LocalStack
from services.view_consumer.consumer import ViewConsumer
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.storage import ViewStore
from vitrine.storage.connection import connect
from vitrine.streaming import BatchConsumer, DeadLetterPublisher, ensure_topics

EVENTS = 500_000
REQUIRED = 4.5


def run(stack: LocalStack) -> None:
    """Prints events/s of both and their ratio; ours is run before and after the other."""
    _fill(EVENTS)
    rates: dict[str, list[float]] = {"vitrine": [], "execute_concurrent": []}
    for name in ("vitrine", "execute_concurrent", "vitrine"):
        seconds = _seconds(name, stack)
        rates[name].append(EVENTS / seconds)
        print(f"  {name:<20} {EVENTS / seconds:10,.0f} events/s")
    ratio = mean(rates["vitrine"]) / mean(rates["execute_concurrent"])
    print(f"  ratio {ratio:.2f} (at least {REQUIRED})")


def _seconds(name: str, stack: LocalStack) -> float:
    """Runs one of the consumers in a process and a consumer group of its own."""
    environment = {**stack.process_environment(), "VITRINE_VIEW_CONSUMER_GROUP": f"{name}-{uuid.uuid4()}"}
    command = [sys.executable, "-m", "benchmarks.kafka_to_cassandra", name]
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(result.stdout)


def _fill(count: int) -> None:
    settings = load(KafkaSettings)
    ensure_topics(settings)
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers, "linger.ms": 50})
    for key, value in events(count):
        while True:
            try:
                producer.produce(settings.views_topic, value=value, key=key)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


class _Timed(BatchConsumer):
    """Notes when the first message came and when `EVENTS` were committed."""

    started = 0.0
    done = 0
    ended = 0.0

    def next_batch(self, timeout):
        messages = super().next_batch(timeout)
        if messages and not self.started:
            self.started = time.perf_counter()
        return messages

    def commit(self, messages):
        super().commit(messages)
        self.done += len(messages)
        self.ended = time.perf_counter()


def _vitrine(kafka: KafkaSettings, cassandra: CassandraSettings) -> float:
    store, letters, consumer = ViewStore(cassandra), DeadLetterPublisher(kafka), _Timed(kafka)
    ViewConsumer(
        consumer=consumer, store=store, dead_letters=letters, stopping=lambda: consumer.done >= EVENTS
    ).run()
    consumer.close()
    return consumer.ended - consumer.started


def _execute_concurrent(kafka: KafkaSettings, cassandra: CassandraSettings) -> float:
    """What a good tutorial does: json, a prepared statement, 256 requests at once, one commit a batch."""
    session = connect(cassandra)
    insert = session.prepare(
        f"INSERT INTO {cassandra.cassandra_keyspace}.product_views"
        " (userid, messagetime, messageid, event, productid, source) VALUES (?, ?, ?, ?, ?, ?) USING TTL 7776000"
    )
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.kafka_bootstrap_servers,
            "group.id": kafka.view_consumer_group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([kafka.views_topic])
    started, done = 0.0, 0
    while done < EVENTS:
        messages = consumer.consume(5000, timeout=0.5)
        started = started or (time.perf_counter() if messages else 0.0)
        rows = []
        for message in messages:
            event = json.loads(message.value())
            at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
            rows.append((event["userid"], at, event["messageid"], event["event"],
                         event["properties"]["productid"], event["context"]["source"]))
        execute_concurrent_with_args(session, insert, rows, concurrency=256)
        if messages:
            consumer.commit(asynchronous=False)
        done += len(messages)
    return time.perf_counter() - started


if __name__ == "__main__":
    contenders: dict[str, Callable[[KafkaSettings, CassandraSettings], float]] = {
        "vitrine": _vitrine,
        "execute_concurrent": _execute_concurrent,
    }
    print(contenders[sys.argv[1]](load(KafkaSettings), load(CassandraSettings)))
