"""A topic, a keyspace and a consumer group of a test's own, and real consumer processes between them."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import cassandra_settings, connected, keyspace_of, select
from tests.waiting import wait_until
from vitrine.events import is_id
from vitrine.settings import CassandraSettings, KafkaSettings
from vitrine.streaming import ensure_topics
from vitrine.streaming.producing import Header

ADMIN_SECONDS = 30.0
ASKING_SECONDS = 3.0
Answer = TypeVar("Answer")
# user, message and product of a view
Identity = tuple[str, str, str]


def event(userid: str, number: int, productid: str = "", **changes: object) -> bytes:
    """A view whose message id is its number."""
    made: dict[str, object] = {
        "event": "ProductView",
        "messageid": f"m-{number}",
        "userid": userid,
        "properties": {"productid": productid or f"product-{number % 997}"},
        "context": {"source": "desktop"},
    }
    return json.dumps(made | changes).encode()


@dataclass(frozen=True)
class Process:
    """A consumer process and what it has written to its log."""

    process: "subprocess.Popen[bytes]"
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def count(self, text: str) -> int:
        """Lines of the log that hold a text."""
        return sum(text in line for line in self.log.splitlines())

    def warnings(self) -> list[str]:
        """The lines of its log that warn, but for those of a late start: on a busy machine connecting takes a while."""
        found = [line for line in self.log.splitlines() if "WARNING" in line]
        late = bool(found) and "not connected yet" in found[0]
        return found[2:] if late else found

    def await_log(self, text: str, *, seconds: float = 120) -> None:
        wait_until(lambda: text in self.log, seconds=seconds, what=lambda: f"{text!r} in the log:\n{self.log}")

    def terminate(self, *, within: float = 60) -> None:
        """SIGTERM: ends in so many seconds, with exit status 0."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(120)
        assert (status, time.monotonic() - began < within) == (0, True), (
            f"status {status} after {time.monotonic() - began:.1f} s:\n{self.log}"
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def peak_memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


@dataclass(frozen=True)
class Flow:
    """Where views come from and go to in one test. The topic has two partitions, unless it says otherwise."""

    stack: LocalStack
    folder: Path
    kafka: KafkaSettings
    cassandra: CassandraSettings
    admin: AdminClient
    """Asked only while the broker is there: when it goes away or starts, librdkafka 2.16 may crash the process."""
    asking: Consumer
    """Asks for offsets, whenever; it is no member of the group."""

    def in_another_group(self) -> "Flow":
        """The same topic and keyspace, read by a group that has read nothing yet."""
        kafka = self.kafka.model_copy(update={"view_consumer_group": _unique("group")})
        return replace(self, kafka=kafka, asking=_asking(kafka))

    def of_shop_events(self) -> "Flow":
        """The topic of shop events in the place of that of views: where to it sends, and what it awaits."""
        names = {
            "views_topic": self.kafka.shop_events_topic,
            "view_consumer_group": self.kafka.shop_event_consumer_group,
        }
        kafka = self.kafka.model_copy(update=names)
        return replace(self, kafka=kafka, asking=_asking(kafka))

    @contextmanager
    def consuming(self, **variables: str) -> Iterator[Process]:
        """`python -m services.view_consumer`; killed at the end, where it still runs."""
        log_file = self.folder / f"{_unique('consumer')}.log"
        with log_file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.view_consumer"],
                env={**os.environ, **self.environment(), **variables},
                stdout=output,
                stderr=output,
            )
        try:
            yield Process(process, log_file)
        finally:
            process.kill()
            process.wait()

    def environment(self) -> dict[str, str]:
        kafka, cassandra = self.kafka, self.cassandra
        return {
            **self.stack.environment(),
            "VITRINE_VIEWS_TOPIC": kafka.views_topic,
            "VITRINE_SHOP_EVENTS_TOPIC": kafka.shop_events_topic,
            "VITRINE_SHOP_EVENT_CONSUMER_GROUP": kafka.shop_event_consumer_group,
            "VITRINE_DEAD_LETTER_TOPIC": kafka.dead_letter_topic,
            "VITRINE_PURCHASES_TOPIC": kafka.purchases_topic,
            "VITRINE_SHOWN_TOPIC": kafka.shown_topic,
            "VITRINE_ERASURES_TOPIC": kafka.erasures_topic,
            "VITRINE_VIEW_CONSUMER_GROUP": kafka.view_consumer_group,
            "VITRINE_VIEWS_TOPIC_PARTITIONS": str(kafka.views_topic_partitions),
            "VITRINE_CASSANDRA_KEYSPACE": cassandra.cassandra_keyspace,
        }

    def produce(
        self,
        events: Iterable[tuple[str | None, bytes | None]],
        headers: Sequence[Header] = (),
        /,
        **configuration: Any,  # noqa: ANN401
    ) -> int:
        """Sends (key, value) pairs, each with these headers; returns how many, once they are acknowledged."""
        settings = {"bootstrap.servers": self.kafka.kafka_bootstrap_servers, "linger.ms": 20, "log_level": 0}
        producer = Producer(settings | configuration)
        reports: list[KafkaError | None] = []
        count = 0
        for key, value in events:
            count += 1
            producer.poll(0 if len(producer) < 50_000 else 0.1)
            producer.produce(
                self.kafka.views_topic,
                value,
                key,
                headers=list(headers),
                on_delivery=lambda error, _: reports.append(error),
            )
        assert producer.flush(60) == 0
        assert reports == [None] * count
        return count

    def ask(self, question: Callable[[AdminClient], dict[Any, Future[Any]]]) -> dict[Any, Any]:
        """The answers of a broker that has been there for a while; as to groups, it may still be starting."""
        return _patiently(lambda: {key: done.result(ADMIN_SECONDS) for key, done in question(self.admin).items()})

    def rows(self) -> list[Identity]:
        """Every shopper's rows, sorted."""
        query = f"SELECT userid, messageid, productid FROM {self.cassandra.cassandra_keyspace}.product_views"
        # Where rows are refused, one that is not is tried, and stays for a second; its user is no valid id.
        return sorted(row for row in self._select(query) if is_id(row[0]))

    def write_times(self) -> list[tuple[Any, ...]]:
        columns = "userid, messagetime, messageid, WRITETIME(productid)"
        table = f"{self.cassandra.cassandra_keyspace}.product_views"
        return sorted(self._select(f"SELECT {columns} FROM {table}"))

    def count(self) -> int:
        ((count,),) = self._select(f"SELECT count(*) FROM {self.cassandra.cassandra_keyspace}.product_views")
        return int(count)

    def ends(self) -> dict[int, int]:
        """Partition -> offset after its last message."""
        return {place.partition: self._end(place) for place in self._places()}

    def committed(self) -> dict[int, int]:
        """Partition -> offset to go on from; a partition without one is left out."""
        places = _patiently(lambda: self.asking.committed(self._places(), timeout=ASKING_SECONDS))
        return {place.partition: place.offset for place in places if place.offset >= 0}

    def members(self) -> dict[str, set[int]]:
        """Member of the group -> its partitions."""
        group = self.kafka.view_consumer_group
        found = self.ask(lambda admin: admin.describe_consumer_groups([group]))
        return {
            member.member_id: {place.partition for place in member.assignment.topic_partitions}
            for member in found[group].members
        }

    def await_members(self, count: int) -> dict[str, set[int]]:
        """Waits until so many members share all partitions."""
        partitions = set(range(self.kafka.views_topic_partitions))

        def settled() -> bool:
            shares = list(self.members().values())
            return len(shares) == count and all(shares) and sorted(p for s in shares for p in s) == sorted(partitions)

        wait_until(settled, what=lambda: f"{count} members: {self.members()}")
        return self.members()

    def await_done(self, *, seconds: float = 120) -> None:
        """Waits until all messages are committed; fails when no more of them are for so many seconds."""
        ends = {partition: end for partition, end in self.ends().items() if end}
        committed, deadline = self.committed(), time.monotonic() + seconds
        while committed != ends:
            assert time.monotonic() < deadline, f"{committed} committed of {ends}:\n{self._logs()}"
            time.sleep(0.02)
            before, committed = committed, self.committed()
            if committed != before:
                deadline = time.monotonic() + seconds

    def _logs(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.folder.glob("consumer-*.log")))

    def dead_letters(self) -> list[Message]:
        """All dead letters, in their order."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka.kafka_bootstrap_servers,
                "group.id": _unique("group"),
                "enable.partition.eof": True,
            }
        )
        consumer.assign([TopicPartition(self.kafka.dead_letter_topic, 0, 0)])
        found: list[Message] = []
        try:
            while True:
                message = consumer.poll(10)
                assert message is not None
                if message.error():
                    return found
                found.append(message)
        finally:
            consumer.close()

    def _end(self, place: TopicPartition) -> int:
        _, end = _patiently(lambda: self.asking.get_watermark_offsets(place, timeout=ASKING_SECONDS))
        return end

    def _places(self) -> list[TopicPartition]:
        return [TopicPartition(self.kafka.views_topic, each) for each in range(self.kafka.views_topic_partitions)]

    def _select(self, query: str) -> list[tuple[Any, ...]]:
        with connected(self.cassandra) as session:
            return select(session, query)


@contextmanager
def flow_of(stack: LocalStack, folder: Path) -> Iterator[Flow]:
    """Empty topics and tables, no group yet."""
    with keyspace_of(stack) as cassandra:
        made = new_flow(stack, folder, cassandra)
        ensure_topics(made.kafka)
        yield made
    admin = new_admin(made.kafka)  # another, as the test may have restarted the broker; named, or it is gone at once
    wait(admin.delete_topics(list(made.kafka.topics)).values(), timeout=120)


def new_flow(stack: LocalStack, folder: Path, cassandra: CassandraSettings | None = None) -> Flow:
    environment = stack.environment()
    kafka = KafkaSettings(
        kafka_bootstrap_servers=environment["VITRINE_KAFKA_BOOTSTRAP_SERVERS"],
        kafka_replication_factor=int(environment["VITRINE_KAFKA_REPLICATION_FACTOR"]),
        views_topic=_unique("views"),
        shop_events_topic=_unique("shop-events"),
        shop_event_consumer_group=_unique("group"),
        dead_letter_topic=_unique("dead-letters"),
        purchases_topic=_unique("purchases"),
        shown_topic=_unique("shown"),
        erasures_topic=_unique("erasures"),
        view_consumer_group=_unique("group"),
        views_topic_partitions=2,
    )
    return Flow(stack, folder, kafka, cassandra or cassandra_settings(stack), new_admin(kafka), _asking(kafka))


def new_admin(settings: KafkaSettings) -> AdminClient:
    return AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers, "log_level": 0})


def _asking(settings: KafkaSettings) -> Consumer:
    servers, group = settings.kafka_bootstrap_servers, settings.view_consumer_group
    return Consumer({"bootstrap.servers": servers, "group.id": group, "log_level": 0})


def _patiently(question: Callable[[], Answer]) -> Answer:
    """Asks a broker that may be starting until it answers."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return question()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def many(count: int, *, users: int = 500, start: int = 0) -> list[tuple[Identity, bytes]]:
    """Views of many users, each with its identity."""
    made = []
    for number in range(start, start + count):
        user, product = f"user-{number % users}", f"product-{number % 997}"
        made.append(((user, f"m-{number}", product), event(user, number, product)))
    return made


def assert_all_once(flow: Flow, expected: list[Identity]) -> None:
    flow.await_done()
    assert flow.count() == len(expected)
    assert flow.rows() == sorted(expected)
    assert flow.dead_letters() == []


@contextmanager
def load(flow: Flow, *, views_per_second: int) -> Iterator[list[Identity]]:
    """Produces as long as the block runs; afterwards the list names every view that was acknowledged."""
    identities: list[Identity] = []
    running = [True]

    def produce() -> Iterator[tuple[str, bytes]]:
        while running[0]:
            for identity, value in many(views_per_second // 20, start=len(identities)):
                identities.append(identity)
                yield identity[0], value
            time.sleep(1 / 20)

    with ThreadPoolExecutor(1) as pool:
        done: Future[int] = pool.submit(flow.produce, produce(), **{"enable.idempotence": True, "acks": "all"})
        try:
            yield identities
        finally:
            running[0] = False
    assert done.result() == len(identities)


def _unique(name: str) -> str:
    return f"{name}-{uuid.uuid4()}"
