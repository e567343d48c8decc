"""The server process: its signals, its workers, its port, what it does with failures."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import NO_SERVERS, Api, await_live, serving, start
from vitrine.settings import PROJECT_FOLDER

PRODUCTION = NO_SERVERS | {
    "DJANGO_SETTINGS_MODULE": "api.settings.production",
    "VITRINE_DJANGO_SECRET_KEY": "A key of fifty characters, made up for this test: 0123456789",
    "VITRINE_RECEIPT_KEY": "A key made up for this test",
    "VITRINE_ALLOWED_HOSTS": "api.shop.example",
}

ODD_VIEWS = NO_SERVERS | {
    "DJANGO_SETTINGS_MODULE": "tests.integration.api.odd_settings",
    "PYTHONPATH": str(PROJECT_FOLDER),
}


def workers(api: Api) -> list[psutil.Process]:
    found = psutil.Process(api.process.pid).children()
    assert found
    return found


def await_end(processes: list[psutil.Process], *, seconds: float) -> None:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    assert not alive


def test_it_ends_with_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path, **NO_SERVERS) as api, httpx.Client() as idle_connection:
        idle_connection.get(f"{api.url}health/live/")
        children = workers(api)
        api.process.terminate()
        assert api.process.wait(5) == 0
        await_end(children, seconds=0.1)


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, VITRINE_API_WORKERS="1", **NO_SERVERS) as api:
        (worker,) = workers(api)
        worker.kill()
        await_end([worker], seconds=5)
        await_live(api)
        (another,) = workers(api)
        assert another.pid != worker.pid


def test_workers_do_not_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, **NO_SERVERS) as api:
        children = workers(api)
        api.process.kill()
        await_end(children, seconds=5)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with serving(tmp_path, **NO_SERVERS) as api:
        log = tmp_path / "second.log"
        second = start(tmp_path, log, NO_SERVERS | {"VITRINE_API_PORT": str(api.port)})
        assert second.wait(120) == 1
        assert log.read_text() == (
            f"api: cannot listen on 127.0.0.1, port {api.port}: Address already in use; "
            "set VITRINE_API_HOST or VITRINE_API_PORT\n"
        )


def test_a_failure_is_logged_once_with_the_id_of_its_request_and_not_shown(tmp_path: Path) -> None:
    """Many at a time, so that each thread of the server answers several."""
    ids = [f"request-{number:03}" for number in range(60)]

    def ask(request_id: str) -> None:
        path = "api/v1/broken/" if request_id.endswith(("1", "3", "5", "7", "9")) else "broken/"
        answer = httpx.get(httpx.URL(api.url).join(f"/{path}"), headers={"x-request-id": request_id})
        assert_problem(answer, 500, "The server failed to answer; its log says why.")
        assert answer.headers["x-request-id"] == request_id
        assert "secret" not in answer.text

    with serving(tmp_path, VITRINE_LOG_FORMAT="json", **ODD_VIEWS) as api, ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, ids))
        lines = [json.loads(line) for line in api.log.read_text().splitlines()]
    failures = [line for line in lines if "RuntimeError: a secret" in line.get("traceback", "")]
    assert sorted(line["request_id"] for line in failures) == ids
    assert not any("request_id" in line for line in lines if line not in failures)


def test_a_failure_in_a_log_of_text_names_its_request(tmp_path: Path) -> None:
    with serving(tmp_path, **ODD_VIEWS) as api:
        httpx.get(f"{api.url}broken/", headers={"x-request-id": "request-17"})
        assert "ERROR   api.problems [request-17]: unhandled exception\n" in api.log.read_text()


def test_the_headers_of_an_exception_reach_the_client(tmp_path: Path) -> None:
    with serving(tmp_path, **ODD_VIEWS) as api:
        challenged = httpx.get(f"{api.url}strangers/")
        assert_problem(challenged, 401)
        assert challenged.headers["www-authenticate"] == 'Basic realm="api"'
        throttled = httpx.get(f"{api.url}busy/")
        assert_problem(throttled, 429)
        assert throttled.headers["retry-after"] == "17"
        moved = httpx.get(f"{api.url}moved/")
        assert_problem(moved, 410)
        assert moved.headers["link"] == "</api/v2/>; rel=successor-version"


def test_a_request_that_was_taken_is_answered_before_the_end(tmp_path: Path) -> None:
    with serving(tmp_path, **ODD_VIEWS) as api, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, httpx.URL(api.url).join("/slow/"))
        time.sleep(0.5)
        api.process.terminate()
        assert answer.result().text == "done"
        assert api.process.wait(5) == 0


def test_production_wants_https_but_not_of_health_checks(tmp_path: Path) -> None:
    with serving(tmp_path, **PRODUCTION) as api:
        shop = {"host": "api.shop.example", "x-forwarded-proto": "https"}
        redirect = httpx.get(f"{api.url}events/", headers=shop | {"x-request-id": "request-17"})
        assert redirect.status_code == 301
        assert redirect.headers["location"] == "https://api.shop.example/api/v1/events/"
        assert redirect.headers["x-request-id"] == "request-17"
        assert httpx.get(f"{api.url}health/live/").status_code == 200
        assert_problem(httpx.get(f"{api.url}health/ready/"), 503)


def test_production_behind_a_proxy_that_speaks_https(tmp_path: Path) -> None:
    with serving(tmp_path, VITRINE_TRUST_FORWARDED_PROTO="true", **PRODUCTION) as api:
        shop = {"host": "api.shop.example", "x-forwarded-proto": "https"}
        answer = httpx.get(f"{api.url}events/", headers=shop)
        assert_problem(answer, 405)
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
        assert_problem(httpx.get(f"{api.url}events/", headers=shop | {"host": "evil.example"}), 400)
