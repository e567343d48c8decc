"""A real Prometheus, with the project's own configuration, over real processes: it finds them and gets its answers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from local_stack.stack import LocalStack, free_ports
from tests.integration.api.serving import Api
from tests.integration.api.test_watcher import watching
from tests.integration.observability.programs import RULES, program
from tests.integration.observability.test_rules import alerts, questions
from tests.waiting import wait_until

PATIENCE = 240.0


@contextmanager
def prometheus(folder: Path, targets: dict[str, int]) -> Iterator[httpx.Client]:
    """With jobs of the names at these ports, else as in docker/observability/."""
    configuration = yaml.safe_load((RULES / "prometheus.yml").read_text())
    configuration["rule_files"] = [str(RULES / "alerts.yml")]
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    jobs = {job["job_name"]: job for job in configuration["scrape_configs"]}
    configuration["scrape_configs"] = [
        {
            **{name: value for name, value in jobs[job].items() if not name.endswith("_sd_configs")},
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        }
        for job, port in targets.items()
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    port, log_file = next(free_ports()), folder / "prometheus.log"
    command = [
        str(program("prometheus")),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log_file.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/", timeout=120) as client:
            wait_until(lambda: is_ready(client), seconds=PATIENCE, what=log_file.read_text)
            yield client
    finally:
        process.terminate()
        process.wait(120)


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("query", params={"query": "vector(1)"}).is_success
    except httpx.TransportError:
        return False


def ask(client: httpx.Client, question: str) -> list[dict[str, Any]]:
    answer = client.get("query", params={"query": question}).json()
    assert answer["status"] == "success", (question, answer)
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


def test_it_reads_each_process_and_every_question_has_an_answer(
    prepared_stack: LocalStack,
    api: Api,
    consumer: Path,  # noqa: ARG001 - it has to run
    tmp_path: Path,
) -> None:
    with (
        watching(prepared_stack, tmp_path, port=None, VITRINE_CANARY_API_URL=api.url) as watcher,
        prometheus(tmp_path, {"api": api.port, "watcher": watcher.port}) as client,
    ):
        for job in ("api", "watcher"):
            wait_until(lambda job=job: is_up(client, job), seconds=PATIENCE, what=f"{job} is not read")  # type: ignore[misc]
        fresh = "histogram_quantile(0.99, sum by (le) (rate(vitrine_canary_freshness_seconds_bucket[1m]))) > 0"
        wait_until(lambda: bool(ask(client, fresh)), seconds=PATIENCE, what="no freshness")
        assert ask(client, 'vitrine_api_request_seconds_count{endpoint="api/v1/events/", outcome="ok"}')
        for question in (*questions(), *(rule["expr"] for rule in alerts())):
            ask(client, question.replace("$__rate_interval", "1m"))
        rules = client.get("rules").json()["data"]["groups"][0]["rules"]
        assert {rule["name"] for rule in rules} == {rule["alert"] for rule in alerts()}
        wait_until(lambda: all(is_healthy(client)), seconds=PATIENCE, what="rules that cannot be evaluated")
        # Airflow does not run here, and the watcher says so.
        wait_until(
            lambda: bool(ask(client, 'ALERTS{alertname="WatcherBlind", source="runs"}')),
            seconds=PATIENCE,
            what="no alert",
        )


def is_up(client: httpx.Client, job: str) -> bool:
    return [each["value"][1] for each in ask(client, f'up{{job="{job}"}}')] == ["1"]


def is_healthy(client: httpx.Client) -> list[bool]:
    rules = client.get("rules").json()["data"]["groups"][0]["rules"]
    return [rule["health"] == "ok" for rule in rules]
