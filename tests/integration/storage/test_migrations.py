"""The schema, brought up to date by `python -m vitrine.storage`."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator

import pytest

from local_stack.stack import LocalStack, free_ports
from tests.integration.storage.keyspaces import cassandra_settings, connected, drop, select
from vitrine.errors import SchemaError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.migrations import migrate, migrations

NAMES = [migration.name for migration in migrations()]
Process = subprocess.Popen[str]


@pytest.fixture
def settings(stack: LocalStack) -> Iterator[CassandraSettings]:
    """A keyspace that does not exist yet."""
    made = cassandra_settings(stack)
    yield made
    drop(made)


def start(settings: CassandraSettings, **changes: str) -> Process:
    environment = {
        **os.environ,
        "VITRINE_CASSANDRA_PORT": str(settings.cassandra_port),
        "VITRINE_CASSANDRA_KEYSPACE": settings.cassandra_keyspace,
        **changes,
    }
    command = [sys.executable, "-m", "vitrine.storage"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: Process) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("processes", [2, 2, 2, 2, 3, 3, 4])
def test_processes_that_start_at_once_apply_each_file_once(settings: CassandraSettings, processes: int) -> None:
    ended = [end(process) for process in [start(settings) for _ in range(processes)]]
    said = sorted(out for status, out, err in ended if (status, err) == (0, ""))
    assert said == [f"applied {', '.join(NAMES)}\n"] + ["the schema is up to date\n"] * (processes - 1), ended
    with connected(settings) as session:
        recorded = select(session, f"SELECT name FROM {settings.cassandra_keyspace}.schema_migrations")
        assert sorted(name for (name,) in recorded) == NAMES
        columns = select(
            session,
            "SELECT column_name, type FROM system_schema.columns WHERE keyspace_name = %s AND table_name = %s",
            settings.cassandra_keyspace,
            "product_views",
        )
        assert {"messageid", "event", "userid", "productid", "source"} <= {
            name for name, type_name in columns if type_name == "text"
        }
        assert ("messagetime", "timestamp") in columns


def test_a_repeat_changes_nothing(settings: CassandraSettings) -> None:
    with connected(settings) as session:
        assert migrate(session, settings) == NAMES
        before = select(session, f"SELECT * FROM {settings.cassandra_keyspace}.schema_migrations")
        assert migrate(session, settings) == []
        assert select(session, f"SELECT * FROM {settings.cassandra_keyspace}.schema_migrations") == before
    assert end(start(settings)) == (0, "the schema is up to date\n", "")


def test_a_cluster_holds_more_than_one_keyspace(stack: LocalStack, settings: CassandraSettings) -> None:
    """Cassandra allows the id of a table once."""
    other = cassandra_settings(stack)
    try:
        with connected(settings) as session:
            assert migrate(session, settings) == NAMES
            assert migrate(session, other) == NAMES
    finally:
        drop(other)


def test_a_file_that_was_changed_after_it_was_applied_is_refused(settings: CassandraSettings) -> None:
    keyspace = settings.cassandra_keyspace
    with connected(settings) as session:
        migrate(session, settings)
        session.execute(f"UPDATE {keyspace}.schema_migrations SET sha256 = 'other' WHERE name = %s", (NAMES[0],))
    status, out, err = end(start(settings))
    assert (status, out) == (1, "")
    assert err == (f"vitrine.storage: {NAMES[0]} was changed after it had been applied to {keyspace}: add a new file\n")


def test_a_lock_whose_owner_has_died_is_waited_for(settings: CassandraSettings) -> None:
    keyspace = settings.cassandra_keyspace
    with connected(settings) as session:
        migrate(session, settings)
        session.execute(f"DELETE FROM {keyspace}.schema_migrations WHERE name = %s", (NAMES[-1],))
        session.execute(
            f"INSERT INTO {keyspace}.schema_migrations (name, owner) VALUES ('lock', %s) IF NOT EXISTS USING TTL 3",
            (uuid.uuid4(),),
        )
        began = time.monotonic()
        assert migrate(session, settings) == NAMES[-1:]
        assert 1 < time.monotonic() - began < 10


def test_a_replication_that_cassandra_refuses_is_said(stack: LocalStack) -> None:
    settings = cassandra_settings(stack, cassandra_replication="{'class': 'NoSuchStrategy'}")
    with connected(settings) as session, pytest.raises(SchemaError, match="Cassandra refuses the keyspace: "):
        migrate(session, settings)


def test_without_cassandra_one_line_says_so(settings: CassandraSettings) -> None:
    port = str(next(free_ports()))
    status, out, err = end(start(settings, VITRINE_CASSANDRA_PORT=port))
    assert (status, out) == (1, "")
    assert err.startswith("vitrine.storage: Cassandra: ")
    assert f"127.0.0.1:{port}" in err
    assert err.count("\n") == 1
