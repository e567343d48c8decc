"""Servers that go away while the API runs, and come back."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api, await_ready
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, row
from tests.waiting import soon
from vitrine.settings import CassandraSettings, load
from vitrine.storage import Link
from vitrine.storage.driver.bulk import BulkWriter
from vitrine.storage.driver.packed import pack

# Cassandra fails a read that meets so many deleted rows.
TOMBSTONES = 100_001
HISTORY = "user_nav_history_latest_products/"
USER = {"user-id": "user-78"}


def view() -> dict[str, object]:
    return {
        "event": "ProductView",
        "messageid": str(uuid.uuid4()),
        "userid": "user-78",
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
    }


def get(client: httpx.Client) -> httpx.Response:
    return client.get(HISTORY, headers=USER)


def delete(client: httpx.Client) -> httpx.Response:
    return client.delete(HISTORY, headers={**USER, "product-id": "product-173"})


def assert_away(ask: Callable[[], httpx.Response], server: str) -> None:
    """503, with an invitation to come back, within a second."""

    def answer() -> None:
        given = ask()
        assert_problem(given, 503, f"{server} did not answer.")
        assert given.headers["retry-after"] == "1"

    soon(answer, within=1)


@contextmanager
def stopped(stack: LocalStack, api: Api, server: str) -> Iterator[None]:
    stack.stop(server)
    try:
        yield
    finally:
        stack.start(server)
        await_ready(api)


def listener(port: int) -> int:
    """The id of the process that listens on a port of this machine."""
    (process_id,) = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
    }
    assert process_id
    return process_id


@contextmanager
def frozen(port: str, api: Api) -> Iterator[None]:
    """The server that listens there keeps its connections and says nothing."""
    process_id = listener(int(port))
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)
        await_ready(api)


# Seconds. The driver by itself would wait for 10, one request after another; an answer takes 0.6, longer when busy.
A_MOMENT = 6.0


def slowest(api: Api, ask: Callable[[httpx.Client], httpx.Response], *, clients: int, seconds: float) -> float:
    """How long the slowest answer took that any of the clients got."""
    end = time.monotonic() + seconds
    start = threading.Barrier(clients)

    def one_client() -> float:
        with httpx.Client(base_url=api.url, timeout=120) as client:
            start.wait()
            worst = 0.0
            while time.monotonic() < end:
                began = time.monotonic()
                assert_problem(ask(client), 503)
                worst = max(worst, time.monotonic() - began)
            return worst

    with ThreadPoolExecutor(clients) as pool:
        return max(future.result() for future in [pool.submit(one_client) for _ in range(clients)])


@contextmanager
def unreadable_history(stack: LocalStack, userid: str) -> Iterator[None]:
    """Buries a user's history under rows that were deleted one by one, over which no scan of the table comes either."""
    settings = cassandra_settings(stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    now_ms = int(time.time() * 1000)
    with Link.connected(settings) as link:
        writer = BulkWriter(
            link,
            link.statement(
                "DELETE FROM {keyspace}.product_views WHERE userid = ? AND messagetime = ? AND messageid = 'gone'"
            ),
        )
        for age in range(TOMBSTONES):
            writer.write(pack((userid.encode(), struct.pack(">q", now_ms - age))))
        writer.finish()
        try:
            yield
        finally:
            link.session.execute(f"TRUNCATE {link.keyspace}.product_views", timeout=120)


def test_a_user_whose_history_cannot_be_read_stops_nobody_else(prepared_stack: LocalStack, api: Api) -> None:
    unreadable = f"user-{uuid.uuid4()}"
    is_over = threading.Event()

    def ask_again_and_again(path: str) -> int:
        asked = 0
        with httpx.Client(base_url=api.url, timeout=120) as client:
            while not is_over.is_set():
                assert_problem(client.get(path, headers={"user-id": unreadable}), 503, "Cassandra did not answer.")
                asked += 1
                time.sleep(0.1)
        return asked

    with (
        unreadable_history(prepared_stack, unreadable),
        ThreadPoolExecutor(2) as pool,
        httpx.Client(base_url=api.url, timeout=120) as client,
    ):
        asking = [pool.submit(ask_again_and_again, path) for path in (HISTORY, "user_history_recommendations/")]
        try:
            end = time.monotonic() + 4
            statuses = set()
            while time.monotonic() < end:
                statuses.add(get(client).status_code)
                # A new connection may reach the other process.
                statuses.add(httpx.get(f"{api.url}{HISTORY}", headers=USER, timeout=120).status_code)
        finally:
            is_over.set()
        assert all(future.result() > 5 for future in asking)
    assert statuses == {200}
    assert "a call failed, though the server answers" in api.log.read_text()


def test_without_cassandra_reads_are_refused_and_views_accepted(
    prepared_stack: LocalStack, api: Api, client: httpx.Client
) -> None:
    assert get(client).status_code == 200
    with stopped(prepared_stack, api, "cassandra"):
        for _ in range(20):
            assert_away(lambda: get(client), "Cassandra")
            assert_away(lambda: delete(client), "Cassandra")
            time.sleep(0.05)
        assert client.post("events/", json=view()).status_code == 202
        answer = client.get("health/ready/")
        assert assert_problem(answer, 503, "Away: Cassandra.")["kafka"] == "up"
        assert answer.elapsed.total_seconds() < 1
        assert client.get("health/live/").status_code == 200
    assert get(client).status_code == 200


def state_of(receipt: dict[str, Any], part: str) -> str:
    return next(str(each["state"]) for each in receipt["parts"] if each["name"] == part)


def test_an_erasure_without_cassandra_is_accepted_and_pending(
    prepared_stack: LocalStack, api: Api, client: httpx.Client
) -> None:
    with stopped(prepared_stack, api, "cassandra"):
        answer = client.delete("people/somebody-to-erase/")
        assert answer.status_code == 202, answer.text
        assert state_of(answer.json(), "views") == "pending"
        assert_away(lambda: client.get("people/somebody-to-erase/erasure/"), "Cassandra")
        assert_away(lambda: client.get("people/somebody-to-erase/export/"), "Cassandra")
    answer = client.get("people/somebody-to-erase/erasure/")
    assert_problem(answer, 404, "This person was never erased.")
    command = [sys.executable, "-m", "vitrine.erasing", "complete"]
    environment = {**os.environ, **prepared_stack.environment(), "VITRINE_MODEL_FOLDER": str(api.log.parent / "model")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert state_of(client.get("people/somebody-to-erase/erasure/").json(), "views") == "done"


def test_an_erasure_without_kafka_is_refused_and_nothing_is_done(
    prepared_stack: LocalStack, api: Api, client: httpx.Client
) -> None:
    person = {"user-id": f"user-{uuid.uuid4()}"}
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as store:
        await_answers(store)
        store.write([row(person["user-id"], "product-1", at=time.time() - 1)])
    with stopped(prepared_stack, api, "kafka"):
        assert_problem(client.delete(f"people/{person['user-id']}/"), 503, "Kafka did not answer.")
        assert client.get(HISTORY, headers=person).json()["products"] == ["product-1"]
        exported = client.get(f"people/{person['user-id']}/export/", timeout=120).json()
        assert {"part": "recommendations-shown", "why": "Kafka did not answer."} in exported["missing"]
        assert [each["product-id"] for each in exported["views"]] == ["product-1"]
    assert_problem(client.get(f"people/{person['user-id']}/erasure/"), 404)


def test_a_frozen_cassandra_keeps_nobody_waiting(prepared_stack: LocalStack, api: Api, client: httpx.Client) -> None:
    with frozen(prepared_stack.environment()["VITRINE_CASSANDRA_PORT"], api):
        assert_away(lambda: get(client), "Cassandra")
        assert slowest(api, get, clients=16, seconds=4) < A_MOMENT
        assert_problem(client.get("health/ready/"), 503, "Away: Cassandra.")
    assert get(client).status_code == 200


def test_sixteen_clients_at_the_moment_of_freezing(prepared_stack: LocalStack, api: Api) -> None:
    with frozen(prepared_stack.environment()["VITRINE_CASSANDRA_PORT"], api):
        assert slowest(api, get, clients=16, seconds=1) < A_MOMENT


def test_an_api_started_before_cassandra_connects_by_itself(
    prepared_stack: LocalStack, api: Api, client: httpx.Client
) -> None:
    with stopped(prepared_stack, api, "cassandra"):
        (worker, *_) = psutil.Process(api.process.pid).children()
        worker.kill()
        time.sleep(3)
        for _ in range(10):
            assert_away(lambda: get(client), "Cassandra")
    assert get(client).status_code == 200


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
def test_without_kafka_views_are_refused_and_reads_answered(
    prepared_stack: LocalStack, api: Api, client: httpx.Client, outage: str
) -> None:
    port = prepared_stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2]
    away = stopped(prepared_stack, api, "kafka") if outage == "stopped" else frozen(port, api)
    with away:
        for _ in range(5):
            answer = client.post("events/", json=view())
            assert_problem(answer, 503, "Kafka did not answer.")
            assert answer.headers["retry-after"] == "1"
            assert answer.elapsed.total_seconds() < 3
            assert get(client).status_code == 200
        answer = client.get("health/ready/")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "degraded", "cassandra": "up", "kafka": "down"},
        )
        assert answer.elapsed.total_seconds() < 1
    assert client.post("events/", json=view()).status_code == 202
