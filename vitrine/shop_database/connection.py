"""The connection to the shop's database, and the driver's errors as Vitrine's."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name looks like
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from vitrine.errors import SchemaError, ShopDatabaseUnavailableError
from vitrine.settings import ShopDatabaseSettings

CONNECT_TIMEOUT_SECONDS = 5


def connect(settings: ShopDatabaseSettings, database: str | None = None) -> Connection:
    """A connection to the shop's database, or to another one of its server; the caller closes it.

    Raises ShopDatabaseUnavailableError.
    """
    with driver_errors():
        connection: Connection = psycopg2.connect(
            host=settings.postgres_host,
            port=settings.postgres_port,
            user=settings.postgres_user,
            password=settings.postgres_password.get_secret_value() if settings.postgres_password else None,
            dbname=database or settings.shop_database,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            **settings.postgres_tls,
            # Times come out in UTC, whatever the server's time zone is.
            options="-c timezone=UTC",
        )
        return connection


@contextmanager
def transaction(settings: ShopDatabaseSettings) -> Iterator[Cursor]:
    """Committed at the end of the block, or undone. Raises ShopDatabaseUnavailableError."""
    with closing(connect(settings)) as connection, driver_errors(), connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def driver_errors() -> Iterator[None]:
    """Maps the driver's errors that mean that Postgres is away onto ShopDatabaseUnavailableError.

    Errors of a statement (ProgrammingError, DataError, IntegrityError) pass: the server is there.
    """
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise ShopDatabaseUnavailableError(f"Postgres: {' '.join(str(error).split())}") from error


@contextmanager
def schema_errors(refused: str, missing: str) -> Iterator[None]:
    """Maps what Postgres refuses, as its tables are others, onto SchemaError.

    `refused` is what it was to do, `missing` which tables the migrations make.
    """
    try:
        yield
    except psycopg2.ProgrammingError as error:
        reason = " ".join(str(error).split())
        raise SchemaError(f"Postgres refuses to {refused}: {reason}; `manage.py migrate` makes {missing}") from error
