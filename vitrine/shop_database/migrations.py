"""The schema of the shop's database: numbered SQL files (schema/0001_….sql), each applied once and recorded."""

from contextlib import closing, suppress
from importlib.resources import files

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from vitrine.errors import SchemaError
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors

# The key of the lock by which processes that start at once take turns; any number that nothing else uses.
_LOCK = 5_402_113


def migrate(settings: ShopDatabaseSettings) -> list[str]:
    """Creates the database where it is missing and applies what was not applied yet; returns their names.

    Each file is applied whole or not at all. Raises SchemaError, ShopDatabaseUnavailableError.
    """
    with closing(connect(settings, "postgres")) as connection, driver_errors():
        _create_database(connection, settings.shop_database)
    with closing(connect(settings)) as connection, driver_errors():
        try:
            with connection, connection.cursor() as cursor:
                return _apply_pending(cursor)
        except psycopg2.ProgrammingError as error:
            reason = " ".join(str(error).split())
            raise SchemaError(f"Postgres refuses the schema of {settings.shop_database}: {reason}") from error


def _create_database(connection: Connection, name: str) -> None:
    connection.autocommit = True  # CREATE DATABASE runs in no transaction
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if cursor.rowcount:
            return
        # Another process may be quicker.
        with suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _apply_pending(cursor: Cursor) -> list[str]:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ DEFAULT now())"
    )
    cursor.execute("SELECT name FROM schema_migrations")
    applied = {name for (name,) in cursor}
    folder = files("vitrine.shop_database") / "schema"
    found = {file.name: file.read_text() for file in folder.iterdir() if file.name.endswith(".sql")}
    pending = sorted(found.keys() - applied)
    for name in pending:
        cursor.execute(found[name])
        cursor.execute("INSERT INTO schema_migrations (name) VALUES (%s)", (name,))
    return pending
