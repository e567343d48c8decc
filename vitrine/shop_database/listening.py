"""What changes in Postgres, told by NOTIFY when it is committed, and copies of tables that follow it."""

import logging
import select
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, ClassVar, NoReturn

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name looks like
from psycopg2.extras import execute_values

from vitrine.errors import SchemaError, ShopDatabaseUnavailableError
from vitrine.outage import Outage
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors, schema_errors

_LISTENING_SECONDS = 1.0
_PAUSE_SECONDS = 0.25

logger = logging.getLogger(__name__)


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


class Copy(ABC):
    """What is in tables, where a subclass keeps it: read whole, then kept up to date by what is heard.

    Without Postgres nobody can change the tables either: the copy goes on counting until it is back, and is then read
    anew. `state()` says so.
    """

    # What is listened to, and what the copy is of; which tables, for who has not migrated yet.
    channel: ClassVar[str]
    what: ClassVar[str]
    missing: ClassVar[str]

    def __init__(self, settings: ShopDatabaseSettings) -> None:
        self._settings = settings
        self._has_read = threading.Event()
        self._outage = Outage("Postgres")

    def keep_listening(self) -> None:
        """Reads everything, and then what changes, in a thread of its own."""
        threading.Thread(target=self._listen_for_ever, name=self.what, daemon=True).start()

    def state(self) -> str:
        """`up`; `stale` without Postgres: changes are not heard of; `unread` before the first read."""
        if not self._has_read.is_set():
            return "unread"
        return "stale" if self._outage.is_on else "up"

    @abstractmethod
    def _read(self, listener: Listener) -> None:
        """Reads everything anew: what was heard of while nobody listened is in it."""

    def _hear(self, listener: Listener, changed: set[str]) -> None:
        """Reads what was notified of, and with it all else; called each second, also when that is nothing."""
        if changed:
            self._read(listener)

    def _listen_for_ever(self) -> NoReturn:
        while True:
            try:
                with Listener.on(self._settings, self.channel, missing=self.missing) as listener:
                    self._read(listener)
                    self._has_read.set()
                    self._outage.end()
                    while True:
                        self._hear(listener, set(listener.heard(_LISTENING_SECONDS)))
            except (ShopDatabaseUnavailableError, SchemaError) as error:
                self._outage.begin(error)
            except Exception:  # without this thread a change would be heard by nobody
                logger.exception("%s could not be read; trying again", self.what)
            time.sleep(_PAUSE_SECONDS)
