"""Marked secrets, given to processes as files, are looked for in all that they show: logs, command lines, answers."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.processes import MANAGE, PREPARATIONS
from local_stack.stack import LocalStack
from tests.certificates import Authority
from tests.integration.api.serving import Api, serving, stop
from tests.integration.storage.servers import stopped
from tests.integration.transport.conftest import Certificates
from tests.integration.transport.test_kafka import Addresses, broker_with_tls
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER

MARK = f"marked{secrets.token_hex(8)}"
# All but Kafka's, which the shared stack's broker would not take.
NAMES = (
    "ADMIN_PASSWORD",
    "AIRFLOW_PASSWORD",
    "CASSANDRA_PASSWORD",
    "CENSUS_KEY",
    "DJANGO_SECRET_KEY",
    "LISTINGS_KEY",
    "POSTGRES_PASSWORD",
    "S3_SECRET_KEY",
    "VALKEY_PASSWORD",
)
SERVICES = ("services.view_consumer", "services.view_learner")


@dataclass
class Shown:
    """What the processes have shown: what it was, and its text."""

    texts: dict[str, str] = field(default_factory=dict)

    def add_answer(self, what: str, answer: httpx.Response) -> None:
        self.texts[f"answer to {what}"] = f"{answer.headers}\n{answer.text}"


@pytest.fixture(scope="module")
def environment(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The shared stack's servers ask for no passwords, and Valkey refuses the one that it is given."""
    folder = tmp_path_factory.mktemp("secrets")
    write_secrets(folder, NAMES)
    found = stack.environment() | {
        "VITRINE_SECRETS_FOLDER": str(folder),
        "VITRINE_CASSANDRA_USERNAME": "cassandra",
        "VITRINE_S3_ACCESS_KEY": "key",
        "VITRINE_MODEL_FOLDER": str(tmp_path_factory.mktemp("model")),
        "VITRINE_ADMIN_USERNAME": "guarded",
    }
    # The sample server's, which is no secret, would come first.
    del found["VITRINE_LISTINGS_KEY"]
    return found


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Addresses, Path]]:
    """A broker that refuses the password, and the authority of its certificate."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder, "authority")
    server = authority.signed("server", "127.0.0.1")
    made = Certificates(authority, server, server, server, authority.signed("client"), authority)
    with broker_with_tls(tmp_path_factory.mktemp("kafka"), made) as addresses:
        yield addresses, authority.file


@pytest.mark.timeout(1200)
def test_no_secret_is_shown(
    stack: LocalStack, environment: dict[str, str], broker: tuple[Addresses, Path], tmp_path: Path
) -> None:
    shown = Shown()
    for number, step in enumerate(PREPARATIONS):
        shown.texts[f"preparation {number}"] = output_of(*step.command, **environment)
    shown.texts["admin_user"] = output_of(*MANAGE, "admin_user", **environment)
    refused = environment | kafka_that_refuses(*broker, tmp_path)
    with ExitStack() as running:
        api = running.enter_context(serving(tmp_path, **environment))
        logs = [api.log]
        for number, module in enumerate((*SERVICES, *SERVICES)):
            log = tmp_path / f"{number}.log"
            running.enter_context(service(module, log, environment if number < len(SERVICES) else refused))
            logs.append(log)
        for log in logs[-2:]:
            wait_until(partial(_has_authentication_failed, log), what=log.read_text)
        ask(api, shown)
        with stopped(stack, "postgres"), stopped(stack, "cassandra"):
            ask(api, shown)
        shown.texts["command lines"] = "\n".join(command_lines())
    for log in logs:
        shown.texts[str(log.name)] = log.read_text()
    shown.texts["dead_letters"] = output_of(sys.executable, "-m", "services.dead_letters", "list", **refused)
    # Otherwise nothing would have had a secret to show.
    assert "Authentication failed" in shown.texts["dead_letters"]
    assert "services.view_consumer" in shown.texts["command lines"]
    assert [what for what, text in shown.texts.items() if MARK in text] == []


def kafka_that_refuses(addresses: Addresses, authority: Path, folder: Path) -> dict[str, str]:
    write_secrets(folder, (*NAMES, "KAFKA_PASSWORD"))
    return {
        "VITRINE_KAFKA_BOOTSTRAP_SERVERS": addresses["good"],
        "VITRINE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "VITRINE_KAFKA_USERNAME": "vitrine",
        "VITRINE_KAFKA_CA_FILE": str(authority),
        "VITRINE_SECRETS_FOLDER": str(folder),
        # Of a second learner.
        "VITRINE_MODEL_FOLDER": str(folder / "model"),
    }


def ask(api: Api, shown: Shown) -> None:
    """Every kind of answer that could say more than it should."""
    address = f"http://127.0.0.1:{api.port}"
    for path in (
        "/api/v1/health/",
        "/api/v1/user_nav_history_latest_products/",
        "/api/v1/analytics/customers/user-1/",
        "/api/v1/analytics/sales/",
        "/api/v1/schema/",
        "/api/v1/nowhere/",
        "/admin/",
        "/admin/login/",
        "/admin/shop/product/",
        "/nowhere",
    ):
        answer = httpx.get(f"{address}{path}", headers={"user-id": "user-1"}, timeout=120)
        shown.add_answer(f"{path} {len(shown.texts)}", answer)
    with httpx.Client(base_url=address, timeout=120) as client:
        client.get("/admin/login/")
        form = {"username": "guarded", "password": f"{MARK}-wrong", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        shown.add_answer(f"login {len(shown.texts)}", client.post("/admin/login/", data=form))


def command_lines() -> Iterator[str]:
    for process in psutil.process_iter(["cmdline"]):
        yield " ".join(process.info["cmdline"] or [])


def _has_authentication_failed(log: Path) -> bool:
    return "Authentication failed" in log.read_text()


def write_secrets(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        # As long as Django wants its key.
        (folder / f"VITRINE_{name}").write_text(f"{MARK}-{name.lower()}-0123456789-0123456789-0123456789")


def own(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of this machine without settings that would come before the files."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "DJANGO_"))}
    return {**inherited, **variables}


@contextmanager
def service(module: str, log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", module], env=own(environment), stdout=output, stderr=output)
    try:
        yield
    finally:
        stop(process)


def output_of(*command: str, **variables: str) -> str:
    done = subprocess.run(
        command, env=own(variables), cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False, timeout=240
    )
    return done.stdout + done.stderr
