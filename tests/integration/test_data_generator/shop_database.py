"""A database of the shop for one test, and the real command over it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.integration.shop_tables import create_shop_database, execute_on_server
from tests.waiting import wait_until
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect

COMMAND = (sys.executable, "-m", "test_data_generator", "shop")
UNTIL = "--until=2026-11-03T12:34:56.789Z"
TABLES = ("products", "orders", "order_items")


class ShopDatabase:
    """A new database with the tables of an empty shop."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**environment, "VITRINE_SHOP_DATABASE": f"shop_{uuid4().hex}"}
        self._settings = ShopDatabaseSettings(
            postgres_host=environment["VITRINE_POSTGRES_HOST"],
            postgres_port=int(environment["VITRINE_POSTGRES_PORT"]),
            postgres_user=environment["VITRINE_POSTGRES_USER"],
            shop_database=self.environment["VITRINE_SHOP_DATABASE"],
        )
        create_shop_database(self._settings)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with closing(connect(self._settings)) as connection:
            yield connection

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall()

    def counts(self) -> tuple[int, ...]:
        """Of products, orders and order lines."""
        return tuple(self.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}

    def drop(self) -> None:
        execute_on_server(self._settings, f'DROP DATABASE IF EXISTS "{self._settings.shop_database}" WITH (FORCE)')


def environment(shop: ShopDatabase) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    return {**inherited, **shop.environment}


def run(shop: ShopDatabase, *arguments: str, standard_input: bytes = b"") -> "subprocess.CompletedProcess[str]":
    """To its end; what it wrote is text."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(shop),
        input=standard_input,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == b""
    return subprocess.CompletedProcess(done.args, done.returncode, "", done.stderr.decode())


def load(shop: ShopDatabase, *arguments: str) -> None:
    done = run(shop, *arguments)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(shop: ShopDatabase, folder: Path, *arguments: str) -> Iterator["Running"]:
    """Until the block ends."""
    log = folder / f"{uuid4().hex}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*COMMAND, *arguments], env=environment(shop), stderr=output)
    try:
        yield Running(process, log)
    finally:
        process.kill()
        process.wait()


class Running:
    """The command on its way; what it wrote on standard error is in a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text()

    def end_after(self, signal_number: int) -> int:
        self.process.send_signal(signal_number)
        return self.process.wait(120)

    def wait_until(self, condition: Callable[[], object], *, what: str) -> None:
        """Fails at once when the command has ended before."""

        def is_so() -> bool:
            if condition():
                return True
            assert self.process.poll() is None, self.said
            return False

        wait_until(is_so, what=what)


def write(path: Path, lines: Sequence[str]) -> str:
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)
