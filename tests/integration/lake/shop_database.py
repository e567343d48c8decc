"""A shop's database for a test, with two orders of two products."""

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.integration.shop_tables import create_shop_database, execute_on_server
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect


@contextmanager
def made_database(port: int) -> Iterator[ShopDatabaseSettings]:
    name = f"test_{uuid.uuid4().hex}"
    settings = ShopDatabaseSettings(postgres_port=port, shop_database=name, postgres_user="postgres")
    create_shop_database(settings)
    yield settings
    execute_on_server(settings, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def filled(database: ShopDatabaseSettings) -> Iterator[Connection]:
    with closing(connect(database)) as connection:
        connection.autocommit = True
        execute(connection, "INSERT INTO products VALUES ('p-1', 'c', 'Tea', 1.50), ('p-2', 'c', 'Cup, \"big\"', 2)")
        execute(
            connection, "INSERT INTO orders VALUES ('o-1', 'u-1', '2026-01-31 23:00Z'), ('o-2', 'u-2', '2026-02-01Z')"
        )
        execute(connection, "INSERT INTO order_items VALUES ('o-1', 'p-1', 1), ('o-1', 'p-2', 2), ('o-2', 'p-1', 3)")
        yield connection


def execute(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor) if cursor.description else []
