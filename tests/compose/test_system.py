"""The system in containers, from the outside. The tests run in their order: at first without .env and samples, then,
after `down` and `up`, with docker/demo.env; the last ones kill things.
"""

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from local_stack.airflow import DAGS
from local_stack.airflow_api import AirflowApi
from tests import waiting
from tests.compose.project import ComposeProject, docker
from tests.end_to_end import newman
from tests.integration.airflow.chromium import chromium, visitor
from vitrine.settings import PROJECT_FOLDER

pytestmark = pytest.mark.timeout(1800)
README = (PROJECT_FOLDER / "README.md").read_text()
OUR_LONG_RUNNING = ("api", "view-consumer", "view-learner", "dashboard", "view-producer", "airflow-scheduler")
# Triggered one after the other, as each works on what the one before has done.
SERVING = ("orders_to_cassandra", "best_sellers", "rebuild_model", "train_ranker")
LINES = "SELECT count(*), sum(quantity) FROM order_items"
# Nobody has this id: all of the shop's sales stay to be counted.
FORMS = {"erase_person": {"kind": "user", "id": "nobody"}, "dead_letters": {"everything": True}}
OURS = (*OUR_LONG_RUNNING[:3], "topics", "cassandra-schema", "test-data-generator", "sample-views")
# Asking is work for the containers, too.
_wait_until = partial(waiting.wait_until, pause=0.5)


@pytest.fixture(scope="module")
def keeper(bare: ComposeProject) -> str:
    """A user whose views are sent before the system is taken down."""
    return _view(bare, "product-5", "product-6")


def test_without_env_all_containers_are_healthy(bare: ComposeProject) -> None:
    assert {container["Health"] for container in bare.containers()} == {"healthy"}


def test_without_env_views_show_up(bare: ComposeProject, keeper: str) -> None:
    assert requests.get(f"{bare.api_url}/api/v1/health/ready/", timeout=30).json()["status"] == "ready"
    _wait_until(lambda: _latest(bare, keeper) == ["product-6", "product-5"], what="the views do not show")


def test_without_env_the_password_of_airflow_is_made_at_random_and_can_be_read(bare: ComposeProject) -> None:
    (command,) = re.findall(r"docker compose (.* cat /run/vitrine/VITRINE_AIRFLOW_PASSWORD)", README)
    password = bare.run(*command.split()).stdout
    assert len(password) == 32
    airflow = AirflowApi(bare.airflow_url, "airflow", password)
    _wait_until(
        lambda: _succeeded(airflow, "orders_to_cassandra") > 0, what="the DAG does not succeed over an empty shop"
    )


def test_with_samples_all_containers_are_healthy(project: ComposeProject) -> None:
    assert {container["Health"] for container in project.containers()} == {"healthy"}
    assert {container["Service"] for container in project.containers()} > {"view-producer"}


def test_down_and_up_keep_the_data(project: ComposeProject, keeper: str) -> None:
    assert _latest(project, keeper) == ["product-6", "product-5"]
    assert _succeeded(AirflowApi(project.airflow_url, "airflow", "airflow"), "orders_to_cassandra") > 0


def test_our_processes_are_not_root(project: ComposeProject) -> None:
    for service in OUR_LONG_RUNNING:
        assert project.run("exec", "-T", service, "id", "-u").stdout.strip() == "10001", service


@pytest.mark.parametrize("service", OURS)
def test_each_log_line_of_ours_is_an_object_with_level_and_event(project: ComposeProject, service: str) -> None:
    objects = [json.loads(line) for line in project.log_lines(service)]
    assert all({"time", "level", "logger", "event"} <= set(each) for each in objects)
    # What makes a file of views says nothing when all is well.
    assert objects or service in ("view-producer", "sample-views")


def test_airflow_logs_objects_too(project: ComposeProject) -> None:
    objects = [json.loads(line) for line in project.log_lines("airflow-scheduler") if line.startswith("{")]
    assert any({"level", "event"} <= set(each) for each in objects)


def test_posted_views_show_up(project: ComposeProject) -> None:
    user = _view(project, "product-1", "product-2")
    _wait_until(
        lambda: _latest(project, user) == ["product-2", "product-1"], what="two views do not show, newest first"
    )


@pytest.fixture(scope="module")
def analytics_runs(project: ComposeProject) -> dict[str, str]:
    """The DAGs of the analytics side, all started before the others; one waits for what the others announce."""
    airflow = AirflowApi(project.airflow_url, "airflow", "airflow")
    return {dag: _trigger(airflow, dag) for dag in DAGS if dag not in SERVING}


@pytest.mark.parametrize("dag", DAGS)
def test_a_dag_that_is_triggered_succeeds(project: ComposeProject, analytics_runs: dict[str, str], dag: str) -> None:
    airflow = AirflowApi(project.airflow_url, "airflow", "airflow")
    run = analytics_runs.get(dag) or _trigger(airflow, dag)
    _wait_until(lambda: _state(airflow, dag, run) in ("success", "failed"), what=f"{dag} does not end", seconds=600)
    assert _state(airflow, dag, run) == "success"


def test_what_the_shop_has_sold_is_published(project: ComposeProject) -> None:
    _wait_until(
        lambda: _months(project) != [], what="no run of the warehouse that has seen the shop publishes", seconds=600
    )
    count = project.run("exec", "-T", "postgres", "psql", "-U", "postgres", "-Atc", LINES, "vitrine_shop").stdout
    months = _months(project)
    assert [sum(month[column] for month in months) for column in ("lines", "quantity")] == [*map(int, count.split("|"))]


def test_answers_of_the_data_api_are_kept_in_valkey(project: ComposeProject) -> None:
    assert requests.get(f"{project.api_url}/api/v1/health/", timeout=30).json()["cache"] == "up"
    assert _months(project)
    assert int(project.run("exec", "-T", "valkey", "valkey-cli", "dbsize").stdout) > 0


def test_the_market_comes_from_the_sample_server(project: ComposeProject) -> None:
    query = "SELECT count(*) FROM market.states UNION ALL SELECT count(*) FROM market.businesses"
    found = project.run("exec", "-T", "postgres", "psql", "-U", "postgres", "-Atc", query, "vitrine_shop").stdout
    assert all(int(count) > 0 for count in found.split())


def test_the_dashboard_shows_what_the_checks_have_found(project: ComposeProject) -> None:
    assert requests.get(f"{project.dashboard_url}/_stcore/health", timeout=30).text == "ok"
    with chromium() as browser, visitor(browser) as context:
        page = context.new_page()
        page.goto(f"{project.dashboard_url}/data-quality")
        expect(page.locator(".stPlotlyChart").first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_admin_lets_its_user_in_and_shows_the_products(project: ComposeProject) -> None:
    session, url = requests.Session(), f"{project.api_url}/admin/"
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', session.get(url, timeout=30).text)
    form = {"username": "admin", "password": "admin", "csrfmiddlewaretoken": token}
    shown = session.post(f"{url}login/?next=/admin/shop/product/", data=form, timeout=30)
    assert "product-1" in shown.text


def test_the_sample_views_and_the_sample_shop_are_there(project: ComposeProject) -> None:
    _wait_until(lambda: len(_latest(project, "user-1")) == 10, what="the sample views do not show")
    _wait_until(
        lambda: len(_recommended(project, "user-1")) == 10,
        what="the shop that the DAGs have carried over does not show",
    )


def test_the_log_of_a_task_can_be_read(project: ComposeProject) -> None:
    airflow = AirflowApi(project.airflow_url, "airflow", "airflow")
    (run,) = airflow.get("dags/best_sellers/dagRuns", state="success", limit=1)["dag_runs"]
    log = airflow.get(f"dags/best_sellers/dagRuns/{run['dag_run_id']}/taskInstances/replace/logs/1")
    assert "Could not read served logs" not in json.dumps(log)
    assert log["content"]


def test_the_postman_collection_passes(project: ComposeProject) -> None:
    done = newman.run(project.api_url, "postman-compose")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_of_ones_own_can_be_sent(project: ComposeProject) -> None:
    user = f"user-{uuid.uuid4()}"
    view = json.dumps(_event(user, "product-7", datetime.now(UTC)))
    sent = project.run("run", "--rm", "--no-deps", "-T", "view-producer", "-", typed=view)
    assert "1 views acknowledged" in sent.stdout + sent.stderr
    _wait_until(lambda: _latest(project, user) == ["product-7"], what="the view of the file does not show")


@pytest.mark.parametrize("service", ["api", "view-consumer"])
def test_a_killed_container_comes_back(project: ComposeProject, service: str) -> None:
    (before,) = project.containers(service)
    # From inside: what is ended by `docker kill` stays ended on purpose.
    project.run("exec", "-T", service, "sh", "-c", "kill -KILL -1", check=False)
    _wait_until(lambda: _restarts(before["ID"]) > 0, what=f"{service} is not started again")
    _wait_until(lambda: _healthy(project, service) == 1, what=f"{service} is not healthy again")
    user = _view(project, "product-3")
    _wait_until(lambda: _latest(project, user) == ["product-3"], what="a view does not show")


def test_view_consumers_can_be_scaled(project: ComposeProject, times: dict[str, float]) -> None:
    started = time.monotonic()
    project.up("--scale=view-consumer=3")
    times["up -d --scale view-consumer=3"] = time.monotonic() - started
    assert _healthy(project, "view-consumer") == 3
    users = [_view(project, "product-4") for _ in range(12)]
    for user in users:
        _wait_until(lambda user=user: _latest(project, user) == ["product-4"], what="a view does not show")  # type: ignore[misc]


def _event(user: str, product: str, time: datetime) -> dict[str, object]:
    return {
        "event": "ProductView",
        "messageid": str(uuid.uuid4()),
        "userid": user,
        "properties": {"productid": product},
        "context": {"source": "desktop"},
        "timestamp": time.isoformat(),
    }


def _view(project: ComposeProject, *products: str) -> str:
    """A new user who has viewed these, a second apart, in this order."""
    user = f"user-{uuid.uuid4()}"
    start = datetime.now(UTC) - timedelta(minutes=1)
    events = [_event(user, product, start + timedelta(seconds=second)) for second, product in enumerate(products)]
    answer = requests.post(f"{project.api_url}/api/v1/events/", json=events, timeout=30)
    assert answer.status_code == 202, answer.text
    return user


def _latest(project: ComposeProject, user: str) -> list[str]:
    return _products(project, "user_nav_history_latest_products", user)


def _recommended(project: ComposeProject, user: str) -> list[str]:
    return _products(project, "user_history_recommendations", user)


def _products(project: ComposeProject, page: str, user: str) -> list[str]:
    answer = requests.get(f"{project.api_url}/api/v1/{page}/", headers={"user-id": user}, timeout=30)
    assert answer.ok, answer.text
    found: list[str] = answer.json()["products"]
    return found


def _succeeded(airflow: AirflowApi, dag: str) -> int:
    return int(airflow.get(f"dags/{dag}/dagRuns", state="success")["total_entries"])


def _trigger(airflow: AirflowApi, dag: str) -> str:
    return str(airflow.post(f"dags/{dag}/dagRuns", {"logical_date": None, "conf": FORMS.get(dag, {})})["dag_run_id"])


def _months(project: ComposeProject) -> list[dict[str, Any]]:
    """The sales of the shop by month, as they are published; none before they are."""
    asked = {"by": "month", "source": "shop"}
    answer = requests.get(f"{project.api_url}/api/v1/analytics/sales/", params=asked, timeout=30)
    assert answer.ok or answer.status_code == 404, answer.text
    return list(answer.json()["rows"]) if answer.ok else []


def _state(airflow: AirflowApi, dag: str, run: str) -> str:
    return str(airflow.get(f"dags/{dag}/dagRuns/{run}")["state"])


def _healthy(project: ComposeProject, service: str) -> int:
    return sum(container["Health"] == "healthy" for container in project.containers(service))


def _restarts(container: str) -> int:
    return int(docker("inspect", "--format={{.RestartCount}}", container).stdout)
