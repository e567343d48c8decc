"""The real command over a warehouse of its own and a database of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
from psycopg2.extensions import connection as Connection  # noqa: N812

from local_stack.postgres import SUPERUSER, connect
from tests.integration.shop_tables import create_shop_database
from vitrine.settings import ShopDatabaseSettings


class Analytics:
    """`folder` holds lake/ and warehouse.duckdb."""

    def __init__(self, folder: Path, port: int, database: str) -> None:
        self.folder, self.port, self.database = folder, port, database
        self.warehouse_file = folder / "warehouse.duckdb"
        self.notify = ""

    def make_database(self) -> None:
        create_shop_database(self.settings)

    @property
    def settings(self) -> ShopDatabaseSettings:
        return ShopDatabaseSettings(
            postgres_host="127.0.0.1", postgres_port=self.port, postgres_user=SUPERUSER, shop_database=self.database
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "VITRINE_LAKE": str(self.folder / "lake"),
            "VITRINE_WAREHOUSE_FILE": str(self.warehouse_file),
            "VITRINE_POSTGRES_PORT": str(self.port),
            "VITRINE_SHOP_DATABASE": self.database,
            "VITRINE_NOTIFY": self.notify,
            # No sources but those that a test has landed.
            "VITRINE_CSV_FOLDER": str(self.folder / "csv"),
            "VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        }

    def attempt(self, step: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "vitrine.analytics", step],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, step: str) -> dict[str, Any]:
        """What the step says of itself, once it has succeeded."""
        done = self.attempt(step)
        assert done.returncode == 0, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def refuse(self, step: str) -> str:
        """Why the step does not succeed."""
        done = self.attempt(step)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr.splitlines()[-1]

    def change(self, statement: str) -> None:
        """Changes the warehouse, as no step would."""
        with duckdb.connect(str(self.warehouse_file)) as connection:
            connection.execute(statement)

    def in_warehouse(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse_file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with closing(connect(self.port, self.database)) as connection:
            yield connection

    def in_postgres(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def write(self, statement: str) -> None:
        """Changes Postgres."""
        with self.connection() as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
