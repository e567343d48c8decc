"""The watcher over the real servers: what it says, and that what is away hides nothing else."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local_stack.stack import LocalStack, free_ports
from tests.integration.api.serving import Api, serving
from tests.integration.api.test_admin import execute
from tests.integration.api.test_server import PRODUCTION
from tests.integration.metrics import Shown, assert_as_declared, shown_at
from tests.integration.storage.servers import stopped
from tests.integration.view_consumer.flow import event
from tests.waiting import wait_until
from vitrine import canary
from vitrine.metrics.watcher import exposition
from vitrine.settings import KafkaSettings
from vitrine.streaming import DeadLetterPublisher
from vitrine.streaming.producing import Record

PATIENCE = 240.0
OF_AIRFLOW = {
    "vitrine_dag_last_run_success",
    "vitrine_dag_last_success_timestamp_seconds",
    "vitrine_dag_last_run_seconds",
}


@dataclass(frozen=True)
class Watcher:
    port: int
    log_file: Path

    def shown(self) -> Shown:
        return shown_at(f"http://127.0.0.1:{self.port}/metrics")

    def value(self, name: str, **labels: str) -> float:
        return self.shown().values.get((name, frozenset(labels.items())), -1.0)

    def await_value(self, wanted: float, name: str, **labels: str) -> None:
        """At least so much."""
        wait_until(
            lambda: self.value(name, **labels) >= wanted,
            seconds=PATIENCE,
            what=lambda: f"{name} {labels} is {self.value(name, **labels)}:\n{self.log_file.read_text()}",
        )

    def is_shown(self) -> bool:
        try:
            self.shown()
        except httpx.TransportError:
            return False
        return True


@contextmanager
def watching(stack: LocalStack, folder: Path, *, port: int | None = None, **environment: str) -> Iterator[Watcher]:
    port, log_file = port or next(free_ports()), folder / f"watcher-{uuid.uuid4()}.log"
    variables = {"VITRINE_WATCHER_METRICS_PORT": str(port), **environment}
    with log_file.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.watcher"],
            env={**os.environ, **stack.environment(), **variables},
            stdout=output,
            stderr=output,
        )
    try:
        watcher = Watcher(port, log_file)
        wait_until(watcher.is_shown, seconds=PATIENCE, what=log_file.read_text)
        yield watcher
        process.terminate()
        assert process.wait(120) == 0
        assert "Traceback" not in log_file.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def watcher(
    prepared_stack: LocalStack,
    api: Api,
    consumer: Path,  # noqa: ARG001 - it has to run
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Watcher]:
    folder = tmp_path_factory.mktemp("watcher")
    with watching(prepared_stack, folder, VITRINE_CANARY_API_URL=api.url) as running:
        yield running


def test_a_canary_a_second_shows_how_fresh_answers_are(watcher: Watcher, client: httpx.Client) -> None:
    watcher.await_value(3, "vitrine_canaries_total", outcome="seen")
    shown = watcher.shown()
    assert shown.value("vitrine_canary_freshness_seconds_count") == shown.value(
        "vitrine_canaries_total", outcome="seen"
    )
    assert 0 < shown.value("vitrine_canary_last_freshness_seconds") < 10
    assert abs(time.time() - shown.value("vitrine_canary_last_seen_timestamp_seconds")) < 30
    products = client.get("user_nav_history_latest_products/", headers={"user-id": canary.USER}).json()["products"]
    assert all(product.startswith("canary-") for product in products)
    assert len(products) >= 3


def test_what_waits_is_counted(watcher: Watcher, prepared_stack: LocalStack) -> None:
    kafka = KafkaSettings(kafka_bootstrap_servers=prepared_stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"])
    for name in ("lag", "dead_letters", "quality"):
        watcher.await_value(1, "vitrine_watcher_source_up", source=name)
    partitions = range(kafka.views_topic_partitions)
    assert all(
        watcher.value("vitrine_group_lag_messages", topic=topic, partition=str(each)) >= 0
        for topic in ("views", "shop events")
        for each in partitions
    )
    before = watcher.value("vitrine_dead_letters_waiting")
    publisher = DeadLetterPublisher(kafka)
    headers: list[tuple[str, str | bytes | None]] = [
        ("dead-letter-reason", b"no view"),
        ("origin-topic", kafka.views_topic.encode()),
        *((f"origin-{name}", b"0") for name in ("partition", "offset", "timestamp")),
    ]
    publisher.send([Record(kafka.dead_letter_topic, None, b"no view", headers)])
    publisher.close()
    watcher.await_value(before + 1, "vitrine_dead_letters_waiting")


def test_the_last_checks_are_told_and_each_metric_of_the_table_is_shown(
    watcher: Watcher, prepared_stack: LocalStack
) -> None:
    run = f"run-{uuid.uuid4()}"
    execute(prepared_stack, "INSERT INTO quality.runs VALUES (%s, now(), now() + interval '1 hour', 12, 2, false)", run)
    try:
        watcher.await_value(2, "vitrine_quality_checks", outcome="failed")
        shown = watcher.shown()
        assert shown.value("vitrine_quality_checks", outcome="passed") == 10
        assert shown.value("vitrine_quality_last_run_published") == 0
        assert shown.value("vitrine_quality_last_run_timestamp_seconds") > time.time() + 3000
        # Airflow does not run here; tests/integration/airflow has it.
        shown.families.update(OF_AIRFLOW)
        assert_as_declared(exposition, shown)
    finally:
        execute(prepared_stack, "DELETE FROM quality.runs WHERE run_id = %s", run)


def test_without_airflow_the_log_says_so_and_the_rest_is_told(watcher: Watcher) -> None:
    watcher.await_value(1, "vitrine_watcher_source_up", source="quality")
    assert watcher.value("vitrine_watcher_source_up", source="runs") == 0
    (line,) = [line for line in watcher.log_file.read_text().splitlines() if "sources: runs:" in line]
    assert 'database "vitrine_airflow" does not exist' in line


def test_without_the_api_canaries_are_refused(prepared_stack: LocalStack, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{next(free_ports())}/api/v1/"
    with watching(prepared_stack, tmp_path, VITRINE_CANARY_API_URL=nowhere) as watcher:
        watcher.await_value(2, "vitrine_canaries_total", outcome="refused")
        assert watcher.value("vitrine_canaries_total", outcome="seen") == 0
        watcher.await_value(1, "vitrine_watcher_source_up", source="lag")


def test_an_api_that_wants_https_refuses_canaries_and_the_log_says_so(
    prepared_stack: LocalStack, tmp_path: Path
) -> None:
    with (
        serving(tmp_path, **(PRODUCTION | {"VITRINE_ALLOWED_HOSTS": "127.0.0.1"})) as api,
        watching(prepared_stack, tmp_path, port=None, VITRINE_CANARY_API_URL=api.url) as watcher,
    ):
        watcher.await_value(1, "vitrine_canaries_total", outcome="refused")
        assert "POST events/ is answered 301" in watcher.log_file.read_text()


def test_a_view_that_nobody_stores_is_late_and_the_lag_grows(
    prepared_stack: LocalStack, api: Api, tmp_path: Path
) -> None:
    """Of a group that has no member."""
    environment = {"VITRINE_CANARY_API_URL": api.url, "VITRINE_VIEW_CONSUMER_GROUP": f"group-{uuid.uuid4()}"}
    with stopped(prepared_stack, "cassandra"), watching(prepared_stack, tmp_path, port=None, **environment) as watcher:
        watcher.await_value(1, "vitrine_canaries_total", outcome="late")
        assert watcher.value("vitrine_canaries_total", outcome="seen") == 0
        total = watcher.shown().total("vitrine_group_lag_messages")
        httpx.post(f"{api.url}events/", content=event("user-1", 1), headers={"content-type": "application/json"})
        wait_until(
            lambda: watcher.shown().total("vitrine_group_lag_messages") > total, seconds=PATIENCE, what="no more lag"
        )


def test_without_a_canary_nothing_is_posted(prepared_stack: LocalStack, api: Api, tmp_path: Path) -> None:
    environment = {"VITRINE_CANARY_API_URL": api.url, "VITRINE_CANARY": "False"}
    with watching(prepared_stack, tmp_path, port=None, **environment) as watcher:
        watcher.await_value(1, "vitrine_watcher_source_up", source="quality")
        shown = watcher.shown()
        assert shown.total("vitrine_canaries_total") == 0
        assert shown.value("vitrine_canary_last_seen_timestamp_seconds") == 0
