"""The one connection of a process to Cassandra: made, kept, given to every store, closed."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cassandra import InvalidRequest
from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from vitrine.errors import SchemaError, StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.connection import RECONNECT_SECONDS, connect, driver_errors, is_refusal

logger = logging.getLogger(__name__)

# As long as one attempt to connect takes when nobody answers.
CLOSE_SECONDS = 2.5


class Statement:
    """One statement of a store, prepared once in the life of its link."""

    def __init__(self, link: "Link", cql: str, *, page_rows: int | None) -> None:
        self._link = link
        self._cql = cql
        self._page_rows = page_rows
        self._prepared: PreparedStatement | None = None

    @property
    def prepared(self) -> PreparedStatement:
        """Raises StorageUnavailableError while there is no connection, or no table that fits the statement."""
        return self._prepared or self.prepare(self._link.session)

    def prepare(self, session: Session) -> PreparedStatement:
        """Raises StorageUnavailableError."""
        try:
            with driver_errors():
                prepared = session.prepare(self._cql)
        except InvalidRequest as error:
            raise StorageUnavailableError(
                f"Cassandra: the schema lacks what is needed ({error}): run `python -m vitrine.storage`"
            ) from error
        prepared.is_idempotent = True
        if self._page_rows is not None:
            prepared.fetch_size = self._page_rows
        self._prepared = prepared
        return prepared


class Link:
    """The connection, on Vitrine's keyspace. Safe to use from several threads.

    `keep_connecting` connects in the background and tries again for as long as it takes; once made, the driver itself
    keeps the connection up. Until then every use raises StorageUnavailableError at once. The schema is not touched.
    """

    def __init__(self, settings: CassandraSettings) -> None:
        self.settings = settings
        self.keyspace = settings.cassandra_keyspace
        self._session: Session | None = None
        self._statements: list[Statement] = []
        self._why_away = "Cassandra: not connected yet"
        self._tried = threading.Event()
        self._closed = threading.Event()
        self._connector: threading.Thread | None = None

    @classmethod
    @contextmanager
    def connected(cls, settings: CassandraSettings) -> Iterator["Link"]:
        """A connected link, closed when the block is left. Raises StorageUnavailableError after a few seconds.

        A statement that Cassandra refuses in the block is a SchemaError.
        """
        link = cls(settings)
        try:
            link.connect()
            yield link
        except InvalidRequest as error:
            raise SchemaError(f"Cassandra refuses what its schema should allow: {error}") from error
        finally:
            link.close()

    def connect(self) -> None:
        """One attempt. Raises StorageUnavailableError."""
        try:
            self._session = self._prepared_session()
        except Exception as error:
            self._note_failure(error)
            raise
        finally:
            self._tried.set()

    def keep_connecting(self) -> None:
        """Connects in a thread of its own, however long it takes."""
        self._connector = threading.Thread(target=self._connect_until_closed, name="cassandra", daemon=True)
        self._connector.start()

    def statement(self, cql: str, *, page_rows: int | None = None) -> Statement:
        """A statement to prepare once there is a connection. `{keyspace}` in it is replaced; it must be idempotent.

        Tables carry their keyspace: Cassandra warns of prepared statements that rely on USE.
        """
        made = Statement(self, cql.format(keyspace=self.keyspace), page_rows=page_rows)
        self._statements.append(made)
        return made

    @property
    def session(self) -> Session:
        """The driver's session. Raises StorageUnavailableError while there is none."""
        if self._session is None:
            raise StorageUnavailableError(self._why_away)
        return self._session

    def wait_for_first_attempt(self, seconds: float) -> None:
        """Returns when the first attempt to connect has succeeded or failed, or after `seconds`."""
        self._tried.wait(seconds)

    def close(self) -> None:
        """Ends the connection, or the attempt to make it; the link cannot be used any more."""
        self._closed.set()
        if self._connector:
            self._connector.join(CLOSE_SECONDS)
        if self._session:
            self._session.cluster.shutdown()

    def _connect_until_closed(self) -> None:
        while not self._closed.is_set():
            # Whatever it was: a thread that ended would never connect.
            with suppress(Exception):
                self.connect()
            if self._session:
                break
            self._closed.wait(RECONNECT_SECONDS)
        if self._session and self._closed.is_set():
            # It came after close() had stopped waiting for it.
            self._session.cluster.shutdown()

    def _prepared_session(self) -> Session:
        session = connect(self.settings)
        for statement in self._statements:
            try:
                statement.prepare(session)
            except StorageUnavailableError as error:
                # Its first use tries again, and raises the reason.
                logger.debug("not prepared: %s", error)
        return session

    def _note_failure(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, StorageUnavailableError) else f"Cassandra: {error!r}"
        if not isinstance(error, StorageUnavailableError) and reason != self._why_away:
            logger.error("cannot connect", exc_info=error)
        elif is_refusal(error) and reason != self._why_away:
            # Where nothing is read or written for now, nobody else says so.
            logger.error("the connection is refused, trying again: %s", reason)
        self._why_away = reason
