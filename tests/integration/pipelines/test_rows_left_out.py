"""Rows that cannot be carried over are named, counted and left out; the rest goes on."""

import json
import logging
import uuid
from collections.abc import Iterator

import psycopg2
import pytest

from local_stack.stack import LocalStack
from tests.integration.pipelines.shop import Shop, assert_equal, run
from tests.integration.storage.keyspaces import cassandra_settings, connected, drop
from vitrine.errors import SchemaError
from vitrine.pipelines import orders_to_cassandra
from vitrine.pipelines.__main__ import main
from vitrine.storage.driver.bulk import MAX_REFUSED_ROWS
from vitrine.storage.driver.connection import SCHEMA_PROFILE

CHECK = "products_price_is_a_number"
# More than half of a segment of the commit log.
TOO_LARGE = 9 * 2**20


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Five products; one user has ordered the first two."""
    shop.add_products(5)
    shop.order("order-1", "user-1", product_1=1, product_2=2)
    return shop


@pytest.fixture
def ascii_names(stack: LocalStack, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyspace, used by the shop after it, whose products refuse a name that is not ASCII."""
    settings = cassandra_settings(stack, keyspace=f"test_{uuid.uuid4().hex}")
    monkeypatch.setitem(environment, "VITRINE_CASSANDRA_KEYSPACE", settings.cassandra_keyspace)
    with connected(settings) as session:
        for statement in (
            f"CREATE KEYSPACE {settings.cassandra_keyspace} WITH replication = {settings.cassandra_replication}",
            f"CREATE TABLE {settings.cassandra_keyspace}.products (productid TEXT PRIMARY KEY, categoryid TEXT,"
            " name ASCII, price DECIMAL, created_at TIMESTAMP)",
        ):
            session.execute(statement, execution_profile=SCHEMA_PROFILE)
    yield
    drop(settings)


def before_prices_were_checked(shop: Shop, statement: str) -> None:
    """Runs a statement as in a release that had no check of prices; then the check comes, as a migration adds it."""
    ((definition,),) = shop.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", CHECK)
    shop.execute(f"ALTER TABLE products DROP CONSTRAINT {CHECK}")
    shop.execute(statement)
    shop.execute(f"ALTER TABLE products ADD CONSTRAINT {CHECK} {definition}")


def counts(summary: dict[str, object]) -> tuple[object, object, object]:
    return summary["rows_read"], summary["rows_stored"], summary["rows_left_out"]


def names_in_cassandra(shop: Shop) -> set[str]:
    return {row[0] for row in shop.products_in_cassandra()}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO products VALUES ('product-9', 'category-1', 'Nine', 'NaN')",
        "UPDATE products SET price = 'NaN' WHERE product_id = 'product-1'",
    ],
)
def test_the_schema_refuses_a_price_of_nan(sold: Shop, statement: str) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation, match="products_price_is_a_number"):
        sold.execute(statement)


def test_an_old_price_of_nan_is_left_out_and_the_rest_goes_on(sold: Shop, caplog: pytest.LogCaptureFixture) -> None:
    before_prices_were_checked(sold, "UPDATE products SET price = 'NaN' WHERE product_id = 'product-2'")
    assert counts(run()) == (5 + 2, 4 + 2, 1)
    assert names_in_cassandra(sold) == {"product-1", "product-3", "product-4", "product-5"}
    assert sold.in_cassandra() == sold.in_postgres()
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.getMessage() == "products: left out: product product-2: its price is NaN"
    assert [each["rows_read"] - each["rows_stored"] for each in orders_to_cassandra.watermarks()] == [1]

    sold.execute("UPDATE products SET price = 3 WHERE product_id = 'product-2'")
    assert counts(run()) == (1, 1, 0)
    assert_equal(sold)


def test_what_was_known_of_a_product_before_its_price_became_nan_is_removed(sold: Shop) -> None:
    run()
    before_prices_were_checked(sold, "UPDATE products SET price = 'NaN' WHERE product_id = 'product-2'")
    assert counts(run()) == (1, 0, 1)
    assert "product-2" not in names_in_cassandra(sold)


def test_of_many_some_are_named_and_all_are_counted(
    sold: Shop, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before_prices_were_checked(
        sold, "INSERT INTO products SELECT 'nan-' || n, 'category-1', 'No price', 'NaN' FROM generate_series(1, 23) n"
    )
    assert main(["orders-to-cassandra"]) == 0
    assert json.loads(capsys.readouterr().out)["rows_left_out"] == 23
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 21
    assert warnings[-1] == "products: left out: 3 more"


def test_a_row_too_large_for_cassandra_is_left_out(sold: Shop, caplog: pytest.LogCaptureFixture) -> None:
    sold.execute("UPDATE products SET name = repeat('x', %s) WHERE product_id = 'product-3'", TOO_LARGE)
    assert counts(run()) == (5 + 2, 4 + 2, 1)
    assert names_in_cassandra(sold) == {"product-1", "product-2", "product-4", "product-5"}
    assert "productid product-3: Cassandra refuses it: " in caplog.text

    sold.execute("UPDATE products SET name = 'Three' WHERE product_id = 'product-3'")
    run()
    assert_equal(sold)


@pytest.mark.usefixtures("ascii_names")
def test_a_refused_row_does_not_take_its_neighbours_with_it(sold: Shop) -> None:
    """All are in one batch."""
    sold.execute("UPDATE products SET name = 'Drölf' WHERE product_id = 'product-3'")
    assert counts(run()) == (5 + 2, 4 + 2, 1)
    assert names_in_cassandra(sold) == {"product-1", "product-2", "product-4", "product-5"}


@pytest.mark.usefixtures("ascii_names")
def test_where_very_many_are_refused_the_run_fails_instead(shop: Shop) -> None:
    """That is the fault of the table."""
    shop.add_products(MAX_REFUSED_ROWS + 1)
    shop.execute("UPDATE products SET name = 'Drölf'")
    with pytest.raises(SchemaError, match="Cassandra refuses"):
        run()
    assert orders_to_cassandra.watermarks() == []
