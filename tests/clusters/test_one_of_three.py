"""One broker and one node of three may be away: nothing is lost, doubled or forgotten, and the shop goes on."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from local_stack.stack import LocalStack
from tests.clusters.service import BACK_SECONDS, Probes, bring_back, leader
from tests.integration.api.serving import await_ready, serving
from tests.integration.api.shop import RECOMMENDATIONS, Shop
from tests.integration.storage.keyspaces import opened, session_on
from tests.integration.storage.servers import killed
from tests.integration.view_consumer.flow import Flow, assert_all_once, event, load
from tests.waiting import wait_until
from vitrine.streaming import ViewPublisher

logger = logging.getLogger(__name__)
# Servers start and end in these tests.
pytestmark = pytest.mark.timeout(1200)

HISTORY = "user_nav_history_latest_products/"
PEOPLE = [f"shopper-{number}" for number in range(30)]
DELETES, ERASED, *OTHERS = PEOPLE
FIRST, SECOND = "product-1", "product-2"


def test_everything_has_three_copies_of_which_two_have_what_is_acknowledged(flow: Flow) -> None:
    with flow.consuming() as process:
        flow.produce([("user-1", event("user-1", 1))])
        flow.await_done()
        process.terminate()
    # As a replay of dead letters does it, so that Kafka makes the topic of transactions.
    transactional = Producer({"bootstrap.servers": flow.kafka.kafka_bootstrap_servers, "transactional.id": "one"})
    transactional.init_transactions(60)
    topics = flow.asking.list_topics(timeout=120).topics
    assert {"__consumer_offsets", "__transaction_state", flow.kafka.erasures_topic} <= topics.keys()
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    found = flow.ask(lambda admin: admin.describe_configs(asked))
    least = {resource.name: found[resource]["min.insync.replicas"].value for resource in asked}
    assert least == dict.fromkeys(topics, "2")
    copies = {name: {len(each.replicas) for each in topic.partitions.values()} for name, topic in topics.items()}
    assert set().union(*copies.values()) == {3}, copies
    with session_on(flow.cassandra) as session:
        strategy = session.cluster.metadata.keyspaces[flow.cassandra.cassandra_keyspace].replication_strategy
        assert strategy.export_for_schema() == "{'class': 'NetworkTopologyStrategy', 'datacenter1': '3'}"


def test_one_killed_after_the_other_under_load(cluster: LocalStack, flow: Flow) -> None:
    with (
        flow.consuming() as process,
        opened(flow.cassandra) as store,
        closing(ViewPublisher(flow.kafka)) as publisher,
    ):
        probes = Probes(publisher, store)
        with load(flow, views_per_second=100) as views:
            probes.seconds_to_full_service(time.monotonic())
            for server in (leader(flow, flow.kafka.views_topic), "cassandra-1"):
                began = time.monotonic()
                cluster.kill(server)
                seconds = probes.seconds_to_full_service(began)
                logger.info("%s killed: full service after %.1f s", server, seconds)
                bring_back(cluster, flow, server)
        flow.await_done(seconds=BACK_SECONDS)
        assert_all_once(flow, [*views, *probes.sent])
        process.terminate()


def test_what_is_deleted_and_erased_while_one_of_each_is_away_stays_so(
    cluster: LocalStack, flow: Flow, tmp_path: Path
) -> None:
    """Also when those who heard of it are the ones that are away."""
    with flow.consuming(), shop_of(flow, tmp_path) as client:
        # Records of the same millisecond would be in no order.
        for number, product in enumerate((FIRST, SECOND)):
            viewed = (datetime.now(UTC) - timedelta(seconds=60 - number)).isoformat(timespec="milliseconds")
            flow.produce((person, event(person, number, product, timestamp=viewed)) for person in PEOPLE)
        await_service(client)
        one, another = leader(flow, flow.kafka.erasures_topic), "cassandra-1"
        with killed(cluster, one, another):
            await_service(client)
            until(HTTPStatus.NO_CONTENT, client, "DELETE", HISTORY, {"user-id": DELETES, "product-id": FIRST})
            # What Cassandra did not answer in time is said to be pending; who asks again has it done.
            wait_until(lambda: erase(client) == "done", seconds=BACK_SECONDS, what="its views are not erased")
            assert (history(client, DELETES), history(client, ERASED)) == ([SECOND], [])
            await_service(client, OTHERS)
        bring_back(cluster, flow, one, another)
        with killed(cluster, leader(flow, flow.kafka.erasures_topic), "cassandra-2"):
            await_service(client, OTHERS)
            # What they did before comes once more.
            before = datetime.now(UTC) - timedelta(hours=1)
            replayed = event(ERASED, 1, FIRST, timestamp=before.isoformat(timespec="milliseconds"))
            flow.produce([(ERASED, replayed)])
            flow.await_done(seconds=BACK_SECONDS)
            assert (history(client, DELETES), history(client, ERASED)) == ([SECOND], [])
            assert [row for row in flow.rows() if row[0] == ERASED] == []


@contextmanager
def shop_of(flow: Flow, folder: Path) -> Iterator[httpx.Client]:
    """The API, with something to recommend."""
    with (
        serving(folder, **flow.environment() | {"VITRINE_MODEL_FOLDER": str(folder)}) as api,
        session_on(flow.cassandra) as session,
        opened(flow.cassandra) as store,
        httpx.Client(base_url=api.url, timeout=120) as client,
    ):
        Shop(session, store, api).stock({f"product-{number}": "category-1" for number in range(20)})
        await_ready(api)
        yield client


def await_service(client: httpx.Client, people: list[str] = PEOPLE) -> None:
    """Until everybody's history is there, and something is recommended to everybody. No answer is wrong."""
    for person in people:
        _await_service_of(client, person)


def _await_service_of(client: httpx.Client, person: str) -> None:
    def recommended() -> list[str]:
        return list(until(HTTPStatus.OK, client, "GET", RECOMMENDATIONS, {"user-id": person}).json()["products"])

    wait_until(lambda: len(recommended()) == 10, seconds=BACK_SECONDS, what=lambda: f"{person}: {recommended()}")
    wait_until(
        lambda: history(client, person) == [SECOND, FIRST],
        seconds=BACK_SECONDS,
        what=lambda: f"{person}: {history(client, person)}",
    )


def erase(client: httpx.Client) -> str:
    """The state of the part "views" of the receipt."""
    receipt = until(HTTPStatus.ACCEPTED, client, "DELETE", f"people/{ERASED}/", {}).json()
    return next(str(part["state"]) for part in receipt["parts"] if part["name"] == "views")


def history(client: httpx.Client, person: str) -> list[str]:
    """Asks again while Cassandra is said to be away."""
    return list(until(HTTPStatus.OK, client, "GET", HISTORY, {"user-id": person}).json()["products"])


def until(status: HTTPStatus, client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """Asks until it is answered so."""
    answers: list[httpx.Response] = []

    def is_done() -> bool:
        answers.append(client.request(method, path, headers=headers))
        assert answers[-1].status_code in {status, HTTPStatus.SERVICE_UNAVAILABLE}, answers[-1].text
        return answers[-1].status_code == status

    wait_until(is_done, seconds=BACK_SECONDS, what=lambda: answers[-1].text)
    return answers[-1]
