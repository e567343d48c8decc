"""Our own processes on the servers: what must run once before them, and what keeps running."""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path

import requests
from pydantic import SecretStr

from local_stack.programs import Program, is_connected
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER, AdminSettings, MarketSettings, StackSettings, load


@dataclass(frozen=True)
class OneShot:
    """A command that runs to its end before our processes start; running it again changes nothing."""

    purpose: str
    command: tuple[str, ...]

    def run(self, environment: Mapping[str, str]) -> None:
        done = subprocess.run(
            self.command,
            env={**environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise StackError(f"could not {self.purpose} (exit status {done.returncode}):\n{last}")


MANAGE = (sys.executable, str(PROJECT_FOLDER / "manage.py"))
TABLES = OneShot("bring the tables in Postgres up to date", (*MANAGE, "migrate", "-v", "0"))
PREPARATIONS = (
    OneShot("bring Cassandra's schema up to date", (sys.executable, "-m", "vitrine.storage")),
    OneShot("create the topics", (sys.executable, "-m", "vitrine.streaming")),
    OneShot("compile what learns and ranks", (sys.executable, "-m", "vitrine.learning")),
    TABLES,
)
# What test_data_generator.market_server takes.
SAMPLE_MARKET_KEY = "sample-key"
ADMIN_PASSWORD = "admin"  # noqa: S105 - of a stack that only this machine reaches
ADMIN_USER = OneShot("make the user of the admin", (*MANAGE, "admin_user"))
# The same users, products and tastes as those of the sample views.
SAMPLE_SHOP = OneShot("load the sample shop", (sys.executable, "-m", "test_data_generator", "shop", "--if-empty"))


def processes(settings: StackSettings) -> tuple[Program, ...]:
    """Ours that always run and, unless their rate is 0, the sample views and the sample market."""
    always = tuple(of(settings) for of in (_api, _view_consumer, _view_learner, _watcher, _dashboard))
    samples = (_sample_views(settings), _sample_market(settings))
    return (*always, *samples) if settings.stack_sample_view_rate > 0 else always


def api_url(settings: StackSettings) -> str:
    return f"http://localhost:{settings.stack_api_port}/api/v1/"


def shop_url(settings: StackSettings) -> str:
    """The shop to look at."""
    return f"http://localhost:{settings.stack_api_port}/"


def admin_url(settings: StackSettings) -> str:
    return f"http://localhost:{settings.stack_api_port}/admin/"


def admin_password() -> str:
    """Of the user of the admin: as the settings say, or one that everybody knows."""
    given = load(AdminSettings).admin_password
    return given.get_secret_value() if given else ADMIN_PASSWORD


def watcher_url(settings: StackSettings) -> str:
    """Where the watcher shows its metrics."""
    return f"http://127.0.0.1:{settings.stack_watcher_metrics_port}/metrics"


def sample_user(settings: StackSettings) -> str:
    """The user of the first sample view."""
    with gzip.open(_sample_file(settings)) as lines:
        return str(json.loads(next(lines))["userid"])


def latest_products(settings: StackSettings, user: str) -> list[str]:
    """What the API answers for this user; empty also while it cannot answer."""
    try:
        answer = requests.get(
            f"http://127.0.0.1:{settings.stack_api_port}/api/v1/user_nav_history_latest_products/",
            headers={"user-id": user},
            timeout=2,
        )
    except requests.RequestException:
        return []
    return list(answer.json()["products"]) if answer.ok else []


def _api(settings: StackSettings) -> Program:
    return Program("api", (sys.executable, "-m", "api"), api_url(settings), lambda _: _is_ready(settings))


def _is_ready(settings: StackSettings) -> bool:
    return _answers(f"http://127.0.0.1:{settings.stack_api_port}/api/v1/health/ready/")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _view_consumer(settings: StackSettings) -> Program:
    servers = (settings.stack_kafka_port, settings.stack_cassandra_port)
    command = _showing("VIEW_CONSUMER", settings.stack_view_consumer_metrics_port, "services.view_consumer")
    command = ("env", "VITRINE_VIEW_CONSUMER_INSTANCE=of-the-local-stack", *command[1:])
    return Program("view-consumer", command, "", lambda process_id: is_connected(process_id, *servers))


def _view_learner(settings: StackSettings) -> Program:
    command = _showing("VIEW_LEARNER", settings.stack_view_learner_metrics_port, "services.view_learner")
    return Program("view-learner", command, "", lambda process_id: is_connected(process_id, settings.stack_kafka_port))


def _watcher(settings: StackSettings) -> Program:
    command = _showing("WATCHER", settings.stack_watcher_metrics_port, "services.watcher")
    url = watcher_url(settings)
    return Program("watcher", command, url, lambda _: _answers(url))


def _showing(process: str, port: int, module: str) -> tuple[str, ...]:
    """With its metrics at a port; in no other's environment, as a second one of its kind could not listen there."""
    return ("env", f"VITRINE_{process}_METRICS_PORT={port}", sys.executable, "-m", module)


def _dashboard(settings: StackSettings) -> Program:
    port = settings.stack_dashboard_port
    command = (sys.executable, "-m", "services.dashboard")
    return Program(
        "dashboard", command, f"http://localhost:{port}", lambda _: _answers(f"http://127.0.0.1:{port}/_stcore/health")
    )


def _sample_views(settings: StackSettings) -> Program:
    file = _sample_file(settings)
    command = (sys.executable, "-m", "services.view_producer", "--loop")
    return Program(
        name="sample-views",
        command=(*command, "--rate", f"{settings.stack_sample_view_rate:g}", str(file)),
        url="",
        is_healthy=lambda process_id: is_connected(process_id, settings.stack_kafka_port),
        prepare=lambda: _make_sample_views(file),
    )


def _sample_market(settings: StackSettings) -> Program:
    port = settings.stack_market_port
    command = (sys.executable, "-m", "test_data_generator.market_server", "--port", str(port))
    return Program(
        "sample-market", command, f"http://127.0.0.1:{port}", lambda _: _answers(f"http://127.0.0.1:{port}/requests")
    )


def market_environment(settings: StackSettings) -> dict[str, str]:
    """The sources of the market: the sample server's, unless the settings name a key of the real ones."""
    key = load(MarketSettings).listings_key
    # docker/demo.env, which may be in use as .env, names the sample server of the containers.
    is_real = bool(key) and key != SecretStr(SAMPLE_MARKET_KEY)
    if settings.stack_sample_view_rate == 0 or is_real:
        return {}
    address = f"http://127.0.0.1:{settings.stack_market_port}"
    return {
        "VITRINE_CENSUS_URL": f"{address}/data",
        "VITRINE_LISTINGS_URL": f"{address}/v3",
        "VITRINE_LISTINGS_KEY": SAMPLE_MARKET_KEY,
        "VITRINE_STATES_PAGE_URL": f"{address}/states.html",
    }


def _sample_file(settings: StackSettings) -> Path:
    return settings.stack_data_folder / "sample-views.jsonl.gz"


def _make_sample_views(file: Path) -> None:
    if not file.exists():
        part = file.with_name(f"part-{file.name}")
        command = (sys.executable, "-m", "test_data_generator", "views", "--output", str(part))
        OneShot("make the sample views", command).run({})
        part.replace(file)
