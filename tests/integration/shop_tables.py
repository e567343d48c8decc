"""New databases with all our tables, quickly."""

import uuid
from contextlib import closing
from functools import cache

from local_stack.processes import TABLES
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect


def create_shop_database(settings: ShopDatabaseSettings) -> None:
    """As `manage.py migrate` makes it, which runs once for each server: the others are copies."""
    template = _migrated_database(settings.postgres_host, settings.postgres_port, settings.postgres_user)
    execute_on_server(settings, f'CREATE DATABASE "{settings.shop_database}" TEMPLATE "{template}"')


def environment_of(settings: ShopDatabaseSettings) -> dict[str, str]:
    return {
        "VITRINE_POSTGRES_HOST": settings.postgres_host,
        "VITRINE_POSTGRES_PORT": str(settings.postgres_port),
        "VITRINE_POSTGRES_USER": settings.postgres_user,
        "VITRINE_SHOP_DATABASE": settings.shop_database,
    }


def execute_on_server(settings: ShopDatabaseSettings, statement: str) -> None:
    """A statement that runs in no transaction and in none of our databases."""
    with closing(connect(settings, "postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


@cache
def _migrated_database(host: str, port: int, user: str) -> str:
    name = f"template_{uuid.uuid4().hex}"
    TABLES.run(
        environment_of(
            ShopDatabaseSettings(postgres_host=host, postgres_port=port, postgres_user=user, shop_database=name)
        )
    )
    return name
