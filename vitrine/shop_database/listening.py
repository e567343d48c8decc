"""What changes in Postgres, told by NOTIFY when it is committed."""

import select
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name looks like
from psycopg2.extras import execute_values

from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors, schema_errors


class Listener:
    """A connection that hears a channel. Each method raises ShopDatabaseUnavailableError."""

    def __init__(self, connection: Connection, missing: str) -> None:
        self._connection = connection
        self._missing = missing

    @classmethod
    @contextmanager
    def on(cls, settings: ShopDatabaseSettings, channel: str, *, missing: str) -> Iterator["Listener"]:
        """Listens in the block: what is read in it and what is then heard leave no gap between them.

        `missing` says which tables the migrations make, for the SchemaError of a statement that is refused.
        """
        with closing(connect(settings)) as connection:
            connection.autocommit = True
            listener = cls(connection, missing)
            listener.rows(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield listener

    def rows(self, query: str | sql.Composable, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; none of a statement that has none. Raises SchemaError."""
        with driver_errors(), schema_errors("read or write", self._missing), self._connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def write(self, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
        """Runs a statement with a list of rows in the place of its only `%s`. Raises SchemaError."""
        with driver_errors(), schema_errors("read or write", self._missing), self._connection.cursor() as cursor:
            execute_values(cursor, statement, values, page_size=1000)

    def heard(self, seconds: float) -> list[str]:
        """What was notified since the last call; waits for `seconds` if that is nothing yet."""
        with driver_errors():
            if not self._connection.notifies and not select.select([self._connection], [], [], seconds)[0]:
                # A server that has gone without a word is noticed by asking it something.
                self.rows("SELECT 1")
            self._connection.poll()
        payloads = [notify.payload for notify in self._connection.notifies]
        self._connection.notifies.clear()
        return payloads
