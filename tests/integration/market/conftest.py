"""A new database, and a server in the forms of the sources, which can be told to fail."""

import fcntl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack, free_ports
from tests.integration.shop_tables import create_shop_database, environment_of, execute_on_server
from vitrine.market.__main__ import main
from vitrine.settings import PROJECT_FOLDER, ShopDatabaseSettings, load
from vitrine.shop_database.connection import transaction

TODAY = date(2026, 11, 25)


@dataclass(frozen=True)
class SampleMarket:
    """The server, and the database that is filled from it."""

    url: str
    settings: ShopDatabaseSettings

    def run(self, *arguments: str, today: date = TODAY) -> int:
        """`python -m vitrine.market …` on this day."""
        httpx.post(f"{self.url}/day", json=today.isoformat()).raise_for_status()
        return main(arguments, today)

    def fail(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/faults", json=list(faults)).raise_for_status()

    def requests(self) -> int:
        """How many the server has been asked, since it started."""
        return int(httpx.get(f"{self.url}/requests").json())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with transaction(self.settings) as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def counts(self) -> dict[str, int]:
        return {name: self.rows(f"SELECT count(*) FROM market.{name}")[0][0] for name in TABLES}

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(f"SELECT * FROM market.{name} ORDER BY 1, 2") for name in TABLES}


TABLES = ("states", "counties", "populations", "categories", "businesses", "business_categories", "ratings")


@pytest.fixture(scope="session")
def _analytics_environment() -> None:
    """dbt; made once, whichever test process comes first."""
    with (PROJECT_FOLDER / ".analytics-being-installed").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", ".analytics/.installed"]
        subprocess.run(command, cwd=PROJECT_FOLDER, check=True, capture_output=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a market of three states with 33 to 97 businesses each."""
    port = next(free_ports())
    command = [sys.executable, "-m", "test_data_generator.market_server", "--port", str(port)]
    process = subprocess.Popen([*command, "--states", "3", "--businesses", "65"])
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"{url}/requests").raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture
def market(
    stack: LocalStack, server: str, _analytics_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SampleMarket]:
    settings = database(stack)
    create_shop_database(settings)
    with serving(server, settings, monkeypatch) as made:
        yield made


@pytest.fixture
def filled(stack: LocalStack, server: str, run: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SampleMarket]:
    """After a first run; it is made once, and copied."""
    settings = database(stack)
    execute_on_server(settings, f'CREATE DATABASE "{settings.shop_database}" TEMPLATE "{run}"')
    with serving(server, settings, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def run(stack: LocalStack, server: str, _analytics_environment: None) -> Iterator[str]:
    """The name of a database after the first run."""
    settings = database(stack)
    create_shop_database(settings)
    with pytest.MonkeyPatch.context() as monkeypatch, serving(server, settings, monkeypatch) as made:
        assert made.run("run") == 0
        yield settings.shop_database


def database(stack: LocalStack) -> ShopDatabaseSettings:
    """Of a new name."""
    return ShopDatabaseSettings(
        postgres_port=stack.settings.stack_postgres_port, shop_database=f"market_{uuid.uuid4().hex}"
    )


@contextmanager
def serving(server: str, settings: ShopDatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SampleMarket]:
    """The settings of the process name server and database, which is dropped at the end."""
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VITRINE_CENSUS_URL", f"{server}/data")
    monkeypatch.setenv("VITRINE_LISTINGS_URL", f"{server}/v3")
    monkeypatch.setenv("VITRINE_LISTINGS_KEY", "sample-key")
    monkeypatch.setenv("VITRINE_STATES_PAGE_URL", f"{server}/states.html")
    load.cache_clear()
    made = SampleMarket(server, settings)
    made.fail()
    yield made
    load.cache_clear()
    execute_on_server(settings, f'DROP DATABASE "{settings.shop_database}" WITH (FORCE)')
