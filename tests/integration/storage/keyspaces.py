"""Keyspaces of tests in the Cassandra of the shared stack."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cassandra import ReadFailure, ReadTimeout
from cassandra.cluster import Session

from local_stack.stack import LocalStack
from tests.waiting import wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.events import Context, ProductView, Properties
from vitrine.settings import CassandraSettings
from vitrine.storage import Link, ViewRow, ViewStore, view_row
from vitrine.storage.driver.connection import SCHEMA_PROFILE, SCHEMA_TIMEOUT_SECONDS, connect
from vitrine.storage.driver.migrations import migrate

Schema = frozenset[tuple[Any, ...]]


def cassandra_settings(stack: LocalStack, *, keyspace: str = "", **changes: Any) -> CassandraSettings:  # noqa: ANN401
    """A keyspace of its own, unless one is named."""
    environment = stack.environment()
    ours: dict[str, Any] = {
        "cassandra_contact_points": tuple(environment["VITRINE_CASSANDRA_CONTACT_POINTS"].split(",")),
        "cassandra_port": stack.settings.stack_cassandra_port,
        "cassandra_replication": environment["VITRINE_CASSANDRA_REPLICATION"],
        "cassandra_keyspace": keyspace or f"test_{uuid.uuid4().hex}",
    }
    return CassandraSettings(**ours | changes)


@contextmanager
def connected(settings: CassandraSettings) -> Iterator[Session]:
    """A session of the driver; its statements name their keyspace."""
    session = _connect_patiently(settings)
    try:
        yield patient(session)
    finally:
        session.cluster.shutdown()


def _connect_patiently(settings: CassandraSettings) -> Session:
    deadline = time.monotonic() + 120
    while True:
        try:
            return connect(settings)
        except StorageUnavailableError:
            if time.monotonic() > deadline:
                raise


def patient(session: Session) -> Session:
    """Has the session wait longer than a page of the shop would: tests have much to write, on busy machines."""
    session.cluster.profile_manager.default.request_timeout = SCHEMA_TIMEOUT_SECONDS
    return session


def select(session: Session, query: str, *values: object) -> list[tuple[Any, ...]]:
    """All rows, page by page; asks again where a Cassandra that has just been stopped and let go fails to read."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return list(session.execute(query, values, execution_profile=SCHEMA_PROFILE))
        except (ReadFailure, ReadTimeout):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def drop(settings: CassandraSettings) -> None:
    """Removes a keyspace, if there is one."""
    with connected(settings) as session:
        session.execute(f"DROP KEYSPACE IF EXISTS {settings.cassandra_keyspace}", execution_profile=SCHEMA_PROFILE)


def make_schema(settings: CassandraSettings) -> None:
    """What `python -m vitrine.storage` does."""
    with connected(settings) as session:
        migrate(session, settings)


@contextmanager
def keyspace_of(stack: LocalStack) -> Iterator[CassandraSettings]:
    """A keyspace with all tables, which are empty.

    Making one takes seconds: what a test leaves is emptied for the next one, unless it has changed the schema.
    """
    left = _left.setdefault(stack.settings.stack_data_folder, {})
    keyspace, schema = left.popitem() if left else ("", None)
    settings = cassandra_settings(stack, keyspace=keyspace)
    if schema is None:
        make_schema(settings)
        with connected(settings) as session:
            schema = _schema(session, settings)
    try:
        yield settings
    finally:
        with connected(settings) as session:
            is_as_it_was = _schema(session, settings) == schema
            if is_as_it_was:
                empty(session, settings)
        if is_as_it_was:
            left[settings.cassandra_keyspace] = schema
        else:
            drop(settings)


def empty(session: Session, settings: CassandraSettings) -> None:
    """Removes all rows of all tables, with the marks of what was deleted.

    Emptying a table takes Cassandra longer than most tests: those to which nothing was written are left alone.
    """
    query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s"
    written = _writes(session, settings.cassandra_keyspace)
    for (table,) in select(session, query, settings.cassandra_keyspace):
        if table != "schema_migrations" and _known_writes.get((settings.cassandra_keyspace, table)) != written[table]:
            statement = f"TRUNCATE {settings.cassandra_keyspace}.{table}"
            session.execute(statement, execution_profile=SCHEMA_PROFILE)
            _known_writes[settings.cassandra_keyspace, table] = written[table]


def _writes(session: Session, keyspace: str) -> dict[str, tuple[int, int]]:
    """Of each table: since which start of Cassandra how much was written to it."""
    ((start,),) = select(session, "SELECT gossip_generation FROM system.local")
    query = "SELECT table_name, count FROM system_views.local_write_latency WHERE keyspace_name = %s ALLOW FILTERING"
    return {table: (start, count) for table, count in select(session, query, keyspace)}


# By keyspace and table, when it was emptied the last time.
_known_writes: dict[tuple[str, str], tuple[int, int]] = {}


# By the folder of a stack: the keyspaces that tests have left, each with its schema.
_left: dict[Path, dict[str, Schema]] = {}


def _schema(session: Session, settings: CassandraSettings) -> Schema:
    """Columns, those that were dropped (also if they were added again), and the migrations."""
    keyspace = settings.cassandra_keyspace
    columns = "SELECT table_name, column_name, kind, type FROM system_schema.columns WHERE keyspace_name = %s"
    dropped = "SELECT table_name, column_name FROM system_schema.dropped_columns WHERE keyspace_name = %s"
    found = [*select(session, columns, keyspace), *select(session, dropped, keyspace)]
    if any(table == "schema_migrations" for table, *_ in found):
        found += select(session, f"SELECT name, sha256 FROM {keyspace}.schema_migrations")
    return frozenset(found)


@contextmanager
def session_on(settings: CassandraSettings) -> Iterator[Session]:
    """A session whose statements need not name the keyspace."""
    with connected(settings) as session:
        session.set_keyspace(settings.cassandra_keyspace)
        yield session


@contextmanager
def linked(settings: CassandraSettings) -> Iterator[Link]:
    """A link that connects, as soon as Cassandra is there."""
    link = Link(settings)
    link.keep_connecting()
    try:
        yield link
    finally:
        link.close()


@contextmanager
def connected_link(settings: CassandraSettings) -> Iterator[Link]:
    """A link that is connected: on a busy machine the first attempt may fail."""
    with linked(settings) as link:
        wait_until(lambda: is_connected(link), what="no connection to Cassandra")
        yield link


def is_connected(link: Link) -> bool:
    try:
        return bool(link.session)
    except StorageUnavailableError:
        return False


@contextmanager
def opened(settings: CassandraSettings) -> Iterator[ViewStore]:
    """A store; connected, where Cassandra is there."""
    with linked(settings) as link:
        yield ViewStore(link)


def answers(store: ViewStore) -> bool:
    try:
        store.check()
    except StorageUnavailableError:
        return False
    return True


def await_answers(store: ViewStore) -> None:
    wait_until(lambda: answers(store), what="the store does not answer")


def row(
    userid: str,
    productid: str,
    *,
    at: float,
    now: float | None = None,
    messageid: str = "",
    source: str = "desktop",
    retention_seconds: float = 90 * 86400,
    is_uncounted: bool = False,
) -> ViewRow:
    """A view at a Unix time; each with an id of its own, unless one is named."""
    view = ProductView("ProductView", messageid or str(uuid.uuid4()), userid, Properties(productid), Context(source))
    made = view_row(
        view,
        time=at,
        now=time.time() if now is None else now,
        retention_seconds=retention_seconds,
        is_uncounted=is_uncounted,
    )
    assert made is not None
    return made


def latest(store: ViewStore, userid: str, *, limit: int = 10, now: float | None = None) -> list[str]:
    """Asks again where a busy machine takes longer than a shopper would wait."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return store.latest_products(userid, limit=limit, now=time.time() if now is None else now)
        except StorageUnavailableError:
            if time.monotonic() > deadline:
                raise


def create_with_ascii_source(settings: CassandraSettings) -> None:
    """The keyspace, with a table of views that refuses a source that is not ASCII."""
    drop(settings)
    make_schema(settings)
    with connected(settings) as session:
        views = session.cluster.metadata.keyspaces[settings.cassandra_keyspace].tables["product_views"]
        as_made = views.as_cql_query()
        refusing = as_made.replace("source text", "source ascii")
        assert refusing != as_made
        for statement in (f"DROP TABLE {settings.cassandra_keyspace}.product_views", refusing):
            session.execute(statement, execution_profile=SCHEMA_PROFILE)
