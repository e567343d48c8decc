"""The database itself; its tables are made by `manage.py migrate` (api/shop/)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg2
from psycopg2 import sql

from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors

# The key of the lock by which processes that start at once take turns; any number that nothing else uses.
_LOCK = 5_402_113


def create_database(settings: ShopDatabaseSettings) -> None:
    """Creates the database where it is missing. Raises ShopDatabaseUnavailableError."""
    with closing(connect(settings, "postgres")) as connection, driver_errors():
        connection.autocommit = True  # CREATE DATABASE runs in no transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (settings.shop_database,))
            if cursor.rowcount:
                return
            # Another process may be quicker.
            with suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(settings.shop_database)))


@contextmanager
def migrating_alone(settings: ShopDatabaseSettings) -> Iterator[None]:
    """Waits until no other process migrates this database. Raises ShopDatabaseUnavailableError."""
    with closing(connect(settings)) as connection:
        connection.autocommit = True  # an open transaction would keep Postgres from cleaning up
        with driver_errors(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield
