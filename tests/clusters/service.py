"""What full service is on a cluster, and how long it takes to be there again."""

import math
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from confluent_kafka import Consumer, KafkaException

from benchmarks.views import publish_views
from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import connected
from tests.integration.view_consumer.flow import Flow, Identity, event
from tests.waiting import wait_until
from vitrine.errors import StorageUnavailableError, StreamUnavailableError
from vitrine.settings import CassandraSettings, KafkaSettings
from vitrine.storage import ViewStore
from vitrine.streaming import ViewPublisher

BACK_SECONDS = 240
FRESH_SECONDS = 1.0
MEASURING_SECONDS = 60.0
# So many one after the other: it is back, and not by luck.
STEADY = 5


class Probes:
    """Views that are sent as the API sends them, and looked for; `sent` names those that Kafka has acknowledged."""

    def __init__(self, publisher: ViewPublisher, store: ViewStore) -> None:
        self.sent: list[Identity] = []
        self._publisher = publisher
        self._store = store

    def seconds_to_full_service(self, since: float) -> float:
        """From `since` (monotonic) until the first of several views in a row that are stored within a second.

        Infinite where it does not come to that within a minute, as on a busy machine. Each is stored at some time.
        """
        fresh: list[float] = []
        while len(fresh) < STEADY and time.monotonic() < since + MEASURING_SECONDS:
            began = time.monotonic()
            self._store_one()
            fresh = [*fresh, began] if time.monotonic() < began + FRESH_SECONDS else []
        return max(0.0, fresh[0] - since) if len(fresh) == STEADY else math.inf

    def _store_one(self) -> None:
        """Of a user of its own, so that all nodes are asked in their turn."""
        number = len(self.sent)
        user, product = f"probe-{uuid.uuid4()}", f"product-{number}"
        # With a time of its own it is one view, however often it has to be sent.
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._send(user, event(user, number, product, timestamp=stamp))
        self.sent.append((user, f"m-{number}", product))
        wait_until(lambda: self._shows(user, product), seconds=BACK_SECONDS, what="a view is not stored")

    def _shows(self, user: str, product: str) -> bool:
        with suppress(StorageUnavailableError):
            return self._store.latest_products(user, limit=1, now=time.time()) == [product]
        return False

    def _send(self, user: str, value: bytes) -> None:
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            try:
                return publish_views(self._publisher, [(user, value)])
            except StreamUnavailableError:
                assert time.monotonic() < deadline, "Kafka takes no views"


def leader(flow: Flow, topic: str) -> str:
    """The broker that leads partition 0."""
    return f"kafka-{flow.asking.list_topics(topic, timeout=120).topics[topic].partitions[0].leader}"


def bring_back(stack: LocalStack, flow: Flow, *servers: str) -> None:
    """Returns when all members take part again, so that any of them may be the next to be missed."""
    for server in servers:
        stack.start(server)
    await_members(flow.asking, flow.kafka, flow.cassandra)


def await_members(asking: Consumer, kafka: KafkaSettings, cassandra: CassandraSettings) -> None:
    """Until every copy in Kafka is in sync, and every node sees the others."""

    def copies() -> int:
        return _copies(asking, kafka)

    wait_until(lambda: copies() == 3, seconds=BACK_SECONDS, what=lambda: f"copies in sync: {copies()}")
    wait_until(lambda: _all_nodes_answer(cassandra), seconds=BACK_SECONDS, what="not every node sees the others")


def _copies(asking: Consumer, kafka: KafkaSettings) -> int:
    """How many brokers have all that a partition holds, of the one that fewest have; 0 while nobody knows."""
    # By name: a broker that has just begun may leave some out of the list of all, and the client would believe it.
    names = (kafka.views_topic, kafka.dead_letter_topic, kafka.erasures_topic, "__consumer_offsets")
    try:
        topics = [asking.list_topics(name, timeout=120).topics[name] for name in names]
    except KafkaException:
        return 0
    return min(min((len(each.isrs) for each in topic.partitions.values()), default=0) for topic in topics)


def _all_nodes_answer(cassandra: CassandraSettings) -> bool:
    """Whether each node can read from all three."""
    everywhere = cassandra.model_copy(update={"cassandra_consistency": "ALL"})
    query = f"SELECT userid FROM {cassandra.cassandra_keyspace}.product_views LIMIT 1"
    with suppress(DriverException, NoHostAvailable, StorageUnavailableError), connected(everywhere) as session:
        hosts = session.cluster.metadata.all_hosts()
        for host in hosts:
            session.execute(query, host=host)
        return len(hosts) == 3
    return False
