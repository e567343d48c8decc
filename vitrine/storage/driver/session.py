"""A session on Vitrine's keyspace, its schema up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import InvalidRequest
from cassandra.cluster import Session

from vitrine.errors import SchemaError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.connection import connect, driver_errors
from vitrine.storage.driver.migrations import migrate

logger = logging.getLogger(__name__)


def open_session(settings: CassandraSettings) -> Session:
    """A session on the keyspace; the caller ends it with `session.cluster.shutdown()`.

    Prepared statements name the keyspace all the same: Cassandra warns of those that do not. Raises
    StorageUnavailableError, SchemaError.
    """
    session = connect(settings)
    try:
        for name in migrate(session, settings):
            logger.info(
                "applied %s to keyspace %s",
                name,
                settings.cassandra_keyspace,
                extra={"migration": name, "keyspace": settings.cassandra_keyspace},
            )
        with driver_errors():
            session.set_keyspace(settings.cassandra_keyspace)
    except BaseException:
        session.cluster.shutdown()
        raise
    return session


@contextmanager
def session_on(settings: CassandraSettings) -> Iterator[Session]:
    """The same, ended when the block is left. A statement that Cassandra refuses in it is a SchemaError."""
    session = open_session(settings)
    try:
        yield session
    except InvalidRequest as error:
        raise SchemaError(f"Cassandra refuses what its schema should allow: {error}") from error
    finally:
        session.cluster.shutdown()
