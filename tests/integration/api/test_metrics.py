"""What the API shows to Prometheus: one sum over its processes, also when one of them is killed."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import NO_SERVERS, Api, await_live, await_ready, serving
from tests.integration.api.shop import Shop
from tests.integration.metrics import Shown, assert_as_declared, shown_at
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.integration.view_consumer.flow import event
from tests.waiting import wait_until
from vitrine.metrics.api import exposition
from vitrine.settings import CassandraSettings, load

REQUESTS = "vitrine_api_request_seconds_count"
LIVE = "api/v1/health/live/"


def shown(api: Api) -> Shown:
    return shown_at(f"{api.url}metrics/")


def ask(api: Api, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Over a connection of its own, so that any of the processes may answer."""
    return httpx.request(method, httpx.URL(api.url).join(path), headers=headers, timeout=120)


@pytest.fixture
def shop(prepared_stack: LocalStack, own_api: Api) -> Iterator[Shop]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        made = Shop(session, views, own_api)
        made.clear()
        yield made
        made.clear()


@pytest.fixture
def own_api(prepared_stack: LocalStack, tmp_path: Path) -> Iterator[Api]:
    environment = prepared_stack.environment() | {"VITRINE_MODEL_FOLDER": str(tmp_path), "VITRINE_API_WORKERS": "2"}
    with serving(tmp_path, **environment) as running:
        await_ready(running)
        yield running


def test_requests_are_counted_by_what_is_declared_and_by_their_end(own_api: Api) -> None:
    before = shown(own_api)
    for number in range(40):
        assert ask(own_api, "health/live/").status_code == 200
        assert ask(own_api, f"products/nothing-{number}/similar/").status_code == 404
        assert ask(own_api, f"/nowhere/{number}").status_code == 404
    assert ask(own_api, "health/live/", method="BREW").status_code == 405
    after = shown(own_api)

    def more(**labels: str) -> float:
        return after.total(REQUESTS, **labels) - before.total(REQUESTS, **labels)

    assert more(endpoint=LIVE, method="GET", outcome="ok") == 40
    assert more(endpoint="api/v1/products/<str:productid>/similar/", method="GET", outcome="refused") == 40
    assert more(endpoint="none", method="GET", outcome="refused") == 40
    assert more(endpoint=LIVE, method="other", outcome="refused") == 1
    assert not any("nothing-" in value for _, labels in after.values for _, value in labels)


def test_views_are_counted(own_api: Api) -> None:
    views = [event("user-1", number) for number in range(3)]
    body = b"[" + b",".join(views) + b"]"
    json = {"content-type": "application/json"}
    with httpx.Client(base_url=own_api.url, timeout=120) as client:
        assert client.post("events/", content=body, headers=json).status_code == 202
        assert client.post("events/", content=b"[{},{}]", headers=json).status_code == 400
    seen = shown(own_api)
    assert seen.value("vitrine_api_views_total", outcome="accepted") == 3
    assert seen.value("vitrine_api_views_total", outcome="invalid") == 2
    assert seen.value("vitrine_api_model_age_seconds") == -1
    assert seen.value("vitrine_api_shown_lost_total") == 0


def test_each_metric_of_the_table_is_shown(shop: Shop, own_api: Api) -> None:
    shop.stock({"a": "category-1", "b": "category-2"})
    shop.sell(["a"], {}, period="2026-10")
    # Each process learns of the catalogue by itself, so that several answers in a row are asked for.
    wait_until(lambda: all(_trending(own_api) == ["a", "b"] for _ in range(10)), what="nothing is recommended")
    before = shown(own_api)
    assert _trending(own_api) == ["a", "b"]
    refused = httpx.post(own_api.url.replace("/api/v1/", "/v1/track"), json={}, timeout=120)
    assert refused.status_code == 400
    seen = shown(own_api)
    assert seen.value("vitrine_api_segment_messages_total", key="none", outcome="no person") == 1
    for source in ("best-sellers", "newest"):
        labels = {"endpoint": "trending", "source": source}
        name = "vitrine_api_recommended_products_total"
        assert seen.value(name, **labels) == before.value(name, **labels) + 1
    assert_as_declared(exposition, seen)


def test_what_a_killed_process_counted_stays(tmp_path: Path) -> None:
    with serving(tmp_path, VITRINE_API_WORKERS="2", **NO_SERVERS) as api:
        for _ in range(60):
            ask(api, "health/live/")
        before = shown(api).total(REQUESTS, endpoint=LIVE)
        assert before >= 60
        for _ in range(3):
            _replace_workers(api)
        after = shown(api).total(REQUESTS, endpoint=LIVE)
        # Three more by await_live at least; a request that was answered when its process was killed may be missing.
        assert after >= before + 3
        (folder,) = {file.parent for file in _open_files(api) if file.suffix == ".db"}
        assert len(list(folder.glob("counter_*.db"))) == 2
    assert not folder.exists()


def test_what_kafka_does_not_take_is_counted(tmp_path: Path) -> None:
    with serving(tmp_path, **NO_SERVERS) as api:
        with httpx.Client(base_url=api.url, timeout=120) as client:
            answer = client.post("events/", content=event("user-1", 1), headers={"content-type": "application/json"})
            assert_problem(answer, 503)
        seen = shown(api)
        assert seen.value("vitrine_api_views_total", outcome="unavailable") == 1
        assert seen.value("vitrine_api_views_total", outcome="accepted") == 0
        labels = {"endpoint": "api/v1/events/", "method": "POST", "outcome": "unavailable"}
        assert seen.value(REQUESTS, **labels) == 1


def _replace_workers(api: Api) -> None:
    server = psutil.Process(api.process.pid)
    killed = server.children()
    # The server gives up workers that end soon after they began.
    wait_until(lambda: all(time.time() - worker.create_time() > 10 for worker in killed), what="young workers")
    for worker in killed:
        worker.kill()
    psutil.wait_procs(killed, timeout=120)
    wait_until(lambda: len(server.children()) == 2, what="the workers are not replaced")
    await_live(api)


def _open_files(api: Api) -> list[Path]:
    workers = psutil.Process(api.process.pid).children()
    return [Path(file.path) for worker in workers for file in worker.open_files()]


def _trending(api: Api) -> list[str]:
    answer = ask(api, "products/trending/")
    return list(answer.json()["products"]) if answer.is_success else []
