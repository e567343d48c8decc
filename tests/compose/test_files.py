"""docker-compose.yml before anything is started."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compose.project import DEMO, ComposeProject
from vitrine.settings import PROJECT_FOLDER

pytestmark = pytest.mark.usefixtures("engine")
ONE_SHOTS = {
    "airflow-init",
    "cassandra-schema",
    "django-migrations",
    "sample-views",
    "shop-schema",
    "test-data-generator",
    "topics",
}
SECRETS = re.findall(r"^(VITRINE_\w+(?:PASSWORD|KEY|SECRET))=", DEMO.read_text(), re.MULTILINE)
GIBIBYTE = 1024**3


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return ComposeProject("vitrine-test-files").configuration()


def test_compose_has_nothing_to_complain_of() -> None:
    done = ComposeProject("vitrine-test-files").run("config", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_named(missing: str, tmp_path: Path) -> None:
    without = tmp_path / "env"
    without.write_text(re.sub(rf"^{missing}=.*\n", "", DEMO.read_text(), flags=re.MULTILINE))
    done = ComposeProject("vitrine-test-files", environment_file=without).run("config", check=False)
    assert done.returncode != 0
    assert f"required variable {missing} is missing a value" in done.stderr


def test_secrets_made_at_random_are_enough_for_the_system_without_samples(tmp_path: Path) -> None:
    made = tmp_path / "env"
    made.write_text(
        subprocess.run(PROJECT_FOLDER / "docker" / "make-env", capture_output=True, check=True).stdout.decode()
    )
    services = ComposeProject("vitrine-test-files", environment_file=made).configuration()
    assert {"api", "view-consumer", "airflow-scheduler"} <= services.keys()
    assert not {"view-producer", "sample-views", "test-data-generator"} & services.keys()


def test_memory_limits_fit_six_gigabytes(services: dict[str, Any]) -> None:
    limits = {name: int(service["mem_limit"]) for name, service in services.items()}
    assert sum(limits[name] for name in limits.keys() - ONE_SHOTS) <= 6 * GIBIBYTE


def test_what_keeps_running_has_a_health_check_and_comes_back(services: dict[str, Any]) -> None:
    for name in services.keys() - ONE_SHOTS:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_what_runs_once_is_not_started_again(services: dict[str, Any]) -> None:
    assert {name for name in services if services[name]["restart"] == "no"} == ONE_SHOTS


def test_nothing_waits_for_a_container_without_a_condition(services: dict[str, Any]) -> None:
    conditions = {each["condition"] for service in services.values() for each in service.get("depends_on", {}).values()}
    assert conditions == {"service_healthy", "service_completed_successfully"}


def test_our_containers_can_write_nowhere_but_where_they_have_to(services: dict[str, Any]) -> None:
    for name, service in _ours(services):
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name


def test_ports_are_open_to_this_machine_only(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert [port["host_ip"] for port in published] == ["127.0.0.1"] * 2


def _ours(services: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, service) for name, service in services.items() if "build" in service)
