"""docker-compose.yml before anything is started."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose.project import BARE, DEMO, ComposeProject
from vitrine import settings
from vitrine.settings import PROJECT_FOLDER, Settings, StackSettings

pytestmark = pytest.mark.usefixtures("engine")
ONE_SHOTS = {
    "airflow-init",
    "cassandra-schema",
    "compiled",
    "django-migrations",
    "sample-views",
    "secrets",
    "test-data-generator",
    "topics",
}
SAMPLES = {"view-producer", "sample-views", "sample-market", "test-data-generator"}
EXAMPLE = PROJECT_FOLDER / ".env.example"
SECRET = re.compile("(PASSWORD|KEY|SECRET)$")
GIBIBYTE = 1024**3
KINDS = [
    kind
    for kind in vars(settings).values()
    if isinstance(kind, type) and issubclass(kind, Settings) and kind is not StackSettings
]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return ComposeProject("vitrine-test-files", environment_file=DEMO).configuration()


@pytest.mark.parametrize("environment_file", [BARE, DEMO])
def test_compose_has_nothing_to_complain_of(environment_file: Path) -> None:
    done = ComposeProject("vitrine-test-files", environment_file=environment_file).run("config", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_without_env_there_are_no_samples_and_no_secrets() -> None:
    services = ComposeProject("vitrine-test-files", environment_file=BARE).configuration()
    assert {
        "api",
        "view-consumer",
        "view-learner",
        "watcher",
        "dashboard",
        "valkey",
        "airflow-scheduler",
    } <= services.keys()
    assert not (SAMPLES | {"pgadmin", "prometheus", "grafana"}) & services.keys()
    assert {value for name, value in _variables(services) if SECRET.search(name)} == {None}


def test_the_demo_has_samples_and_known_secrets(services: dict[str, Any]) -> None:
    assert services.keys() >= SAMPLES
    known = {name for name, value in _variables(services) if SECRET.search(name) and value is not None}
    assert known == {"VITRINE_AIRFLOW_PASSWORD", "VITRINE_ADMIN_PASSWORD", "VITRINE_LISTINGS_KEY"}


def test_given_secrets_reach_only_what_writes_them_down(tmp_path: Path) -> None:
    named = re.findall(r"^# (\w+)=", EXAMPLE.read_text(), re.MULTILINE)
    # Addresses may hold passwords.
    names = [name for name in named if SECRET.search(name) or name == "VITRINE_NOTIFY"]
    (tmp_path / "env").write_text("".join(f"{name}=s3cret\n" for name in names))
    services = ComposeProject("vitrine-test-files", environment_file=tmp_path / "env").configuration()
    given = {name for name, service in services.items() if "s3cret" in json.dumps(service)}
    assert given == {"secrets", "dashboard"}
    # One that opens the figures of the shop, and nothing else.
    assert [name for name, value in services["dashboard"]["environment"].items() if value == "s3cret"] == [
        "VITRINE_DASHBOARD_API_KEY"
    ]


def test_all_secrets_that_containers_take_are_written_down(services: dict[str, Any]) -> None:
    taken = services["secrets"]["environment"].keys()
    source = (PROJECT_FOLDER / "docker" / "make_secrets.py").read_text()
    assert taken == set(re.findall(r'^    "(VITRINE_\w+)"', source, re.MULTILINE))


def test_every_setting_of_a_process_is_passed_on_or_fixed(services: dict[str, Any]) -> None:
    passed = {name for name, _ in _variables(services)}
    wanted = {f"VITRINE_{name.upper()}" for kind in KINDS for name in kind.model_fields}
    # Of the servers that docker-compose.yml starts, as they are; and where a process listens within its container.
    fixed = {
        *("VITRINE_KAFKA_REPLICATION_FACTOR", "VITRINE_LOG_FORMAT", "VITRINE_API_PORT", "VITRINE_DASHBOARD_PORT"),
        *("VITRINE_POSTGRES_PORT", "VITRINE_POSTGRES_USER", "VITRINE_SHOP_DATABASE", "VITRINE_AIRFLOW_DATABASE"),
        *(f"VITRINE_CASSANDRA_{name}" for name in ("PORT", "LOCAL_DATACENTER", "REPLICATION", "CONSISTENCY")),
        # Of servers of one's own, which an override names.
        *(name for name in wanted if re.search("_(CA|CERTIFICATE|KEY)_FILE$", name)),
        *(f"VITRINE_KAFKA_{name}" for name in ("SECURITY_PROTOCOL", "SASL_MECHANISM", "USERNAME", "PASSWORD")),
        *(f"VITRINE_CASSANDRA_{name}" for name in ("USERNAME", "PASSWORD", "TLS", "CHECK_HOSTNAME")),
        *("VITRINE_POSTGRES_SSLMODE", "VITRINE_VALKEY_USERNAME", "VITRINE_VALKEY_PASSWORD", "VITRINE_SECRETS_FROM"),
    }
    assert wanted - passed == fixed


def test_the_dashboard_has_its_key_and_no_server_but_the_api(services: dict[str, Any]) -> None:
    dashboard = services["dashboard"]
    assert not dashboard.get("volumes")
    assert dashboard["environment"].keys() == {
        "VITRINE_DASHBOARD_HOST",
        "VITRINE_DASHBOARD_API_URL",
        "VITRINE_DASHBOARD_API_KEY",
    }


def test_the_tools_are_pgadmin_with_a_login_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("COMPOSE_PROFILES=tools\n")
    services = ComposeProject("vitrine-test-files", environment_file=tmp_path / "env").configuration()
    pgadmin = services["pgadmin"]
    assert pgadmin["environment"]["PGADMIN_DEFAULT_PASSWORD_FILE"] == "/run/vitrine/VITRINE_PGADMIN_PASSWORD"
    assert pgadmin["healthcheck"]["test"]
    assert [port["host_ip"] for port in pgadmin["ports"]] == ["127.0.0.1"]


def test_prometheus_asks_what_runs_where_it_shows_its_metrics(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("COMPOSE_PROFILES=observability\n")
    services = ComposeProject("vitrine-test-files", environment_file=tmp_path / "env").configuration()
    assert {"prometheus", "grafana"} <= services.keys()
    for name in ("prometheus", "grafana"):
        assert services[name]["healthcheck"]["test"]
        assert services[name]["mem_limit"]
        assert [port["host_ip"] for port in services[name]["ports"]] == ["127.0.0.1"]
        sources = [Path(volume["source"]) for volume in services[name]["volumes"] if volume["type"] == "bind"]
        assert sources
        assert all(source.exists() for source in sources)
    jobs = yaml.safe_load((PROJECT_FOLDER / "docker" / "observability" / "prometheus.yml").read_text())
    for job in jobs["scrape_configs"]:
        name = job["job_name"]
        if "dns_sd_configs" in job:
            (found,) = job["dns_sd_configs"]
            host, port = found["names"][0], found["port"]
        else:
            host, port = job["static_configs"][0]["targets"][0].split(":")
        variables = services[name]["environment"]
        assert host == name
        assert str(port) == str(variables.get(f"VITRINE_{name.upper().replace('-', '_')}_METRICS_PORT", 8000))


def test_production_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("VITRINE_API_MODE=production\n")
    services = ComposeProject("vitrine-test-files", environment_file=tmp_path / "env").configuration()
    assert services["api"]["environment"]["DJANGO_SETTINGS_MODULE"] == "api.settings.production"


def test_the_dashboard_can_ask_the_api_where_others_do(tmp_path: Path) -> None:
    address = "https://api.shop.example/api/v1/"
    (tmp_path / "env").write_text(f"VITRINE_DASHBOARD_API_URL={address}\n")
    services = ComposeProject("vitrine-test-files", environment_file=tmp_path / "env").configuration()
    assert services["dashboard"]["environment"]["VITRINE_DASHBOARD_API_URL"] == address


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
    assert [port["host_ip"] for port in published] == ["127.0.0.1"] * 3


def _variables(services: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    return (pair for service in services.values() for pair in (service.get("environment") or {}).items())


def _ours(services: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, service) for name, service in services.items() if "build" in service)
