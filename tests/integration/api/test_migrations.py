"""`manage.py migrate`: a new database, and one whose tables the runner of earlier releases has made."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from typing import Any

import pytest

from local_stack.processes import MANAGE
from local_stack.stack import LocalStack
from tests.integration.shop_tables import create_shop_database, environment_of, execute_on_server
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect

FILES = ("0001_shop.sql", "0002_prices_are_numbers.sql", "0003_stock.sql")
# What the tables of the shop consist of, in words; the order in which columns came does not count.
STRUCTURE = """
    SELECT 'column', table_schema, table_name, column_name, concat_ws(' ', domain_name, udt_name, numeric_precision,
        numeric_scale, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema IN ('public', 'extraction', 'market', 'quality')
    UNION ALL SELECT 'constraint', connamespace::regnamespace::text, conrelid::regclass::text, conname::text,
        pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace::regnamespace::text IN ('public', 'extraction', 'market', 'quality')
    UNION ALL SELECT 'index', schemaname, tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname IN ('public', 'extraction', 'market', 'quality')
    UNION ALL SELECT 'trigger', '', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', pronamespace::regnamespace::text, '', proname, pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'extraction'::regnamespace
    ORDER BY 1, 2, 3, 4
"""


@pytest.fixture
def settings(stack: LocalStack) -> Iterator[ShopDatabaseSettings]:
    """Of a database that is not there yet."""
    made = ShopDatabaseSettings(
        postgres_port=stack.settings.stack_postgres_port, shop_database=f"migrated_{uuid.uuid4().hex}"
    )
    yield made
    execute_on_server(made, f'DROP DATABASE IF EXISTS "{made.shop_database}" WITH (FORCE)')


def start(settings: ShopDatabaseSettings, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, **environment_of(settings)}
    return subprocess.Popen(
        [*MANAGE, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def migrate(settings: ShopDatabaseSettings) -> None:
    with start(settings, "migrate", "-v", "0") as process:
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")


def rows(settings: ShopDatabaseSettings, query: str) -> list[tuple[Any, ...]]:
    with closing(connect(settings)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def as_earlier_releases_did(settings: ShopDatabaseSettings, applied: tuple[str, ...]) -> None:
    """The tables, made by files in their order, each noted in schema_migrations."""
    execute_on_server(settings, f'CREATE DATABASE "{settings.shop_database}"')
    rows(settings, "CREATE TABLE schema_migrations (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ DEFAULT now())")
    for name in applied:
        rows(settings, (files("api.shop") / "schema" / name).read_text())
        rows(settings, f"INSERT INTO schema_migrations (name) VALUES ('{name}')")


def fill(settings: ShopDatabaseSettings) -> None:
    rows(
        settings,
        """
        INSERT INTO products VALUES ('product-1', 'category-1', 'Lamp', 12.50, '2026-10-01Z');
        INSERT INTO orders VALUES ('order-1', 'user-1', '2026-10-02Z');
        INSERT INTO order_items VALUES ('order-1', 'product-1', 3);
        """,
    )


CONTENT = """
    SELECT order_id, user_id, ordered_at, product_id, quantity, category_id, name, price, created_at
    FROM orders JOIN order_items USING (order_id) JOIN products USING (product_id)
"""
CHANGES = (
    "SELECT * FROM extraction.order_changes ORDER BY transaction_id, order_id",
    "SELECT * FROM extraction.product_changes ORDER BY transaction_id, product_id",
)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tables_of_earlier_releases_are_taken_over(settings: ShopDatabaseSettings, count: int) -> None:
    as_earlier_releases_did(settings, FILES[:count])
    fill(settings)
    content, changes = rows(settings, CONTENT), [rows(settings, query) for query in CHANGES]
    migrate(settings)
    assert len(content) == 1
    assert rows(settings, CONTENT) == content
    # What a pipeline has still to carry over.
    assert [rows(settings, query) for query in CHANGES] == changes
    new = settings.model_copy(update={"shop_database": f"new_{uuid.uuid4().hex}"})
    create_shop_database(new)
    try:
        assert rows(settings, STRUCTURE) == rows(new, STRUCTURE)
    finally:
        execute_on_server(new, f'DROP DATABASE "{new.shop_database}"')


def test_an_old_price_of_nan_does_not_stop_the_migration(settings: ShopDatabaseSettings) -> None:
    as_earlier_releases_did(settings, FILES[:1])
    fill(settings)
    rows(settings, "UPDATE products SET price = 'NaN'")
    migrate(settings)
    assert rows(settings, "SELECT price::text, in_stock FROM products") == [("NaN", True)]


def test_changes_are_noted_afterwards(settings: ShopDatabaseSettings) -> None:
    as_earlier_releases_did(settings, FILES)
    migrate(settings)
    fill(settings)
    assert [len(rows(settings, query)) for query in CHANGES] == [2, 1]


def test_a_second_run_changes_nothing(settings: ShopDatabaseSettings) -> None:
    migrate(settings)
    fill(settings)
    before = rows(settings, STRUCTURE), rows(settings, CONTENT)
    migrate(settings)
    assert (rows(settings, STRUCTURE), rows(settings, CONTENT)) == before


def test_several_at_once_take_turns(settings: ShopDatabaseSettings) -> None:
    processes = [start(settings, "migrate", "-v", "0") for _ in range(3)]
    ends = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ends
    assert rows(settings, "SELECT count(*) FROM products") == [(0,)]


def test_without_postgres_it_is_one_sentence() -> None:
    with start(ShopDatabaseSettings(postgres_port=1), "migrate") as process:
        output, errors = process.communicate(timeout=120)
    assert (process.returncode, output) == (1, "")
    assert errors.startswith("CommandError: Postgres: connection to server")
    assert errors.count("\n") == 1


def test_models_and_migrations_say_the_same(stack: LocalStack) -> None:
    done = subprocess.run(
        [sys.executable, MANAGE[1], "makemigrations", "--check", "--dry-run"],
        env={**os.environ, **stack.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "No changes detected\n"), done.stderr


def test_nobody_can_sign_in_unless_a_password_is_set(settings: ShopDatabaseSettings) -> None:
    create_shop_database(settings)
    with start(settings, "admin_user") as process:
        output, _ = process.communicate(timeout=120)
    assert (process.returncode, output) == (0, "nobody: VITRINE_ADMIN_PASSWORD is not set\n")
    assert rows(settings, "SELECT count(*) FROM auth_user") == [(0,)]
