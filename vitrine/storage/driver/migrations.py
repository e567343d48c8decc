"""The Cassandra schema: numbered CQL files (schema/0001_….cql), each applied once and recorded.

Safe when several processes start at once: a light-weight transaction lets one of them apply while the others wait.
"""

import hashlib
import re
import time
import uuid
from dataclasses import dataclass
from importlib.resources import files

from cassandra import InvalidRequest
from cassandra.cluster import NoHostAvailable, ResultSet, Session
from cassandra.protocol import ConfigurationException, SyntaxException

from vitrine.errors import SchemaError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.connection import SCHEMA_PROFILE, driver_errors

LOCK_SECONDS = 60
RETRY_SECONDS = 0.2
BOOKKEEPING_ATTEMPTS = 10
# An id that follows from the keyspace, so that the same table comes out when two nodes are told to create it at the
# same time. The row named LOCK in it is the lock: it must exist before anything that it could guard.
_BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS {keyspace}.schema_migrations (
    name TEXT PRIMARY KEY, sha256 TEXT, applied_at TIMESTAMP, owner UUID
) WITH ID = {id}
"""
_RECORD = "SELECT name, sha256 FROM {keyspace}.schema_migrations"
_LOCK = "lock"


@dataclass(frozen=True)
class Migration:
    """One file of the schema."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Tells whether a file was changed after it was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The CQL statements without comments."""
        without_comments = re.sub(r"--.*", "", self.text)
        return [statement.strip() for statement in without_comments.split(";") if statement.strip()]


def migrations() -> list[Migration]:
    """All files of the schema, in order."""
    folder = files("vitrine.storage") / "schema"
    found = [Migration(file.name, file.read_text()) for file in folder.iterdir() if file.name.endswith(".cql")]
    return sorted(found, key=lambda migration: migration.name)


def migrate(session: Session, settings: CassandraSettings) -> list[str]:
    """Creates the keyspace where it is missing and applies what was not applied yet; names what it applied.

    A file that fails half-way is applied again by the next call, so each statement says IF NOT EXISTS. Raises
    SchemaError where an applied file was changed since or Cassandra refuses one, StorageUnavailableError.
    """
    keyspace = settings.cassandra_keyspace
    with driver_errors():
        _create_bookkeeping(session, settings)
        if not _pending(session, keyspace):
            return []
        owner = _lock(session, keyspace)
        try:
            pending = _pending(session, keyspace)
            for migration in pending:
                _apply(session, keyspace, migration)
        finally:
            _unlock(session, keyspace, owner)
    return [migration.name for migration in pending]


def _create_bookkeeping(session: Session, settings: CassandraSettings) -> None:
    """Creates the keyspace and the record of migrations unless the record can be read.

    While another process creates a table, Cassandra knows of it before it can read it: hence several attempts.
    """
    keyspace = settings.cassandra_keyspace
    table_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{keyspace}.schema_migrations")
    for _ in range(BOOKKEEPING_ATTEMPTS):
        try:
            session.execute(_RECORD.format(keyspace=keyspace), execution_profile=SCHEMA_PROFILE)
        except (InvalidRequest, NoHostAvailable):
            replication = settings.cassandra_replication
            _run(session, f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}")
            _run(session, _BOOKKEEPING.format(keyspace=keyspace, id=table_id))
            time.sleep(RETRY_SECONDS)
        else:
            return


def _pending(session: Session, keyspace: str) -> list[Migration]:
    applied = dict(_run(session, _RECORD.format(keyspace=keyspace)))
    for migration in migrations():
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise SchemaError(f"{migration.name} was changed after it had been applied to {keyspace}: add a new file")
    return [migration for migration in migrations() if migration.name not in applied]


def _apply(session: Session, keyspace: str, migration: Migration) -> None:
    session.set_keyspace(keyspace)
    for statement in migration.statements:
        _run(session, statement, migration.name)
    session.execute(
        f"INSERT INTO {keyspace}.schema_migrations (name, sha256, applied_at) VALUES (%s, %s, toTimestamp(now()))",
        (migration.name, migration.sha256),
        execution_profile=SCHEMA_PROFILE,
    )


def _run(session: Session, statement: str, name: str = "the keyspace") -> ResultSet:
    """Runs a statement; after a change of the schema waits until all nodes agree on it."""
    try:
        return session.execute(statement, execution_profile=SCHEMA_PROFILE)
    except (InvalidRequest, SyntaxException, ConfigurationException) as error:
        raise SchemaError(f"Cassandra refuses {name}: {error}") from error


def _lock(session: Session, keyspace: str) -> uuid.UUID:
    """Waits for the lock and takes it. Its TTL frees it when its owner died."""
    owner = uuid.uuid4()
    insert = (
        f"INSERT INTO {keyspace}.schema_migrations (name, owner) VALUES ('{_LOCK}', %s)"
        f" IF NOT EXISTS USING TTL {LOCK_SECONDS}"
    )
    deadline = time.monotonic() + 2 * LOCK_SECONDS
    while True:
        answer = session.execute(insert, (owner,), execution_profile=SCHEMA_PROFILE)
        # A request that the driver sends again, as its node has died, may find that it took the lock before.
        if answer.was_applied or owner in answer.one():
            return owner
        if time.monotonic() > deadline:
            raise SchemaError(f"another process has been changing the schema of {keyspace} for too long")
        time.sleep(RETRY_SECONDS)


def _unlock(session: Session, keyspace: str, owner: uuid.UUID) -> None:
    delete = f"DELETE FROM {keyspace}.schema_migrations WHERE name = '{_LOCK}' IF owner = %s"
    session.execute(delete, (owner,), execution_profile=SCHEMA_PROFILE)
