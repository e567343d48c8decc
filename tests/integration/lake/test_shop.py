"""The shop's Postgres into a lake, by its change log."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.integration.lake.shop_database import execute
from tests.unit.vitrine.lake.reading import rows
from vitrine.errors import ShopDatabaseUnavailableError
from vitrine.lake import erasing, landing
from vitrine.lake import shop as shop_source
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.lake.sources import SHOP_TABLES
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect, extraction

PRODUCTS, ORDERS, ITEMS = 0, 1, 2
KEYS = {"products": "product_id", "orders": "order_id", "order_items": "order_id, product_id"}


def land(lake: Lake, database: ShopDatabaseSettings, *, again: bool = False) -> list[Landed]:
    with lake.alone():
        landed = shop_source.land(lake, database, again=again)
    assert [each.failures for each in landed] == [[], [], []]
    return landed


def counts(landed: list[Landed]) -> list[int]:
    return [each.rows for each in landed]


def in_lake(lake: Lake, table: str) -> list[tuple[Any, ...]]:
    """The latest rows by key, without what was deleted."""
    columns = [name for name, _ in SHOP_TABLES[list(KEYS).index(table)].columns.items()]
    latest: dict[Any, tuple[Any, ...]] = {}
    width = len(KEYS[table].split(","))
    for row in rows(lake, "shop", table, f"{', '.join(columns)}, is_deleted", "changed_at"):
        latest[row[:width]] = row
    return sorted(row[:-1] for row in latest.values() if not row[-1])


def assert_equal(lake: Lake, shop: Connection) -> None:
    for table in KEYS:
        columns = ", ".join(
            f"{name} AT TIME ZONE 'UTC'" if type_.startswith("TIMESTAMP") else name
            for name, type_ in SHOP_TABLES[list(KEYS).index(table)].columns.items()
        )
        assert in_lake(lake, table) == sorted(execute(shop, f"SELECT {columns} FROM {table}")), table


def test_all_there_is_lands_and_then_nothing(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    assert counts(land(lake, database)) == [2, 2, 3]
    assert_equal(lake, shop)
    before = set(Path(lake.address).rglob("*.parquet"))
    assert [each.unchanged for each in land(lake, database)] == [1, 1, 1]
    assert set(Path(lake.address).rglob("*.parquet")) == before


def test_only_what_changed_lands(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    land(lake, database)
    execute(shop, "UPDATE products SET price = 9 WHERE product_id = 'p-2'")
    execute(shop, "INSERT INTO orders VALUES ('o-3', 'u-1', '2026-03-01Z')")
    execute(shop, "UPDATE order_items SET quantity = 8 WHERE order_id = 'o-1' AND product_id = 'p-2'")
    assert counts(land(lake, database)) == [1, 1, 1]
    assert_equal(lake, shop)


def test_what_is_deleted_is_marked(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    land(lake, database)
    execute(shop, "DELETE FROM orders WHERE order_id = 'o-1'")
    execute(shop, "DELETE FROM products WHERE product_id = 'p-2'")
    land(lake, database)
    assert_equal(lake, shop)
    assert rows(lake, "shop", "orders", "order_id, user_id, is_deleted", "changed_at, order_id")[2:] == [
        ("o-1", "u-1", True)
    ]
    execute(shop, "INSERT INTO orders VALUES ('o-1', 'u-1', '2026-01-31 23:00Z')")
    land(lake, database)
    assert_equal(lake, shop)


def test_one_line_of_an_order_that_is_deleted_is_marked(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    land(lake, database)
    execute(shop, "DELETE FROM order_items WHERE order_id = 'o-1' AND product_id = 'p-2'")
    assert counts(land(lake, database)) == [0, 0, 1]
    assert_equal(lake, shop)


def test_a_transaction_that_was_open_is_found_by_the_next_run(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    with closing(connect(database)) as late:
        execute(late, "INSERT INTO orders VALUES ('late', 'u-9', '2020-01-01Z')")
        land(lake, database)
        execute(shop, "INSERT INTO orders VALUES ('o-4', 'u-4', '2026-04-01Z')")
        land(lake, database)
        late.commit()
    assert counts(land(lake, database)) == [0, 1, 0]
    assert_equal(lake, shop)


def test_a_truncated_table_is_deleted(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    land(lake, database)
    execute(shop, "TRUNCATE orders CASCADE")
    land(lake, database)
    assert in_lake(lake, "orders") == in_lake(lake, "order_items") == []


def test_changes_that_were_forgotten_meanwhile_are_found_by_comparing(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    land(lake, database)
    execute(shop, "DELETE FROM orders WHERE order_id = 'o-1'")
    execute(shop, "INSERT INTO orders VALUES ('o-5', 'u-5', '2026-05-01Z')")
    with extraction.reading(database) as cursor:
        seen = extraction.current_snapshot(cursor).text
    extraction.forget_changes(database, seen_by=seen)
    land(lake, database)
    assert_equal(lake, shop)


def test_a_run_that_was_ended_before_its_load_counted_is_done_again(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake, database)
    execute(shop, "INSERT INTO orders VALUES ('o-7', 'u-7', '2026-07-01Z')")

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as ending:
        ending.setattr(Lake, "keep_loads", end)
        with pytest.raises(KeyboardInterrupt):
            land(lake, database)
    assert len(in_lake(lake, "orders")) == 2
    assert counts(land(lake, database)) == [0, 1, 0]
    assert_equal(lake, shop)


def test_another_database_is_compared(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    """As after a restore: what the lake has seen may never have happened."""
    land(lake, database)
    [*others, last] = lake.loads("shop", "orders")
    lake.keep_loads("shop", "orders", [*others, msgspec.structs.replace(last, state={"source": "x", "snapshot": ""})])
    execute(shop, "DELETE FROM orders WHERE order_id = 'o-2'")
    assert counts(land(lake, database))[ORDERS] == 1
    assert_equal(lake, shop)


def test_landing_again_lands_only_what_differs(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    land(lake, database)
    assert counts(land(lake, database, again=True)) == [0, 0, 0]
    assert_equal(lake, shop)


def test_a_price_that_is_no_number_is_set_aside(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    """From before Postgres refused it."""
    execute(shop, "ALTER TABLE products DROP CONSTRAINT products_price_is_a_number")
    execute(shop, "INSERT INTO products VALUES ('p-9', 'c', 'Odd', 'NaN')")
    products = land(lake, database)[PRODUCTS]
    assert (products.rows, products.rejected) == (2, 1)
    [file] = Path(lake.address).glob("_rejected/shop/products/*.jsonl")
    assert "p-9" in file.read_text()


def test_a_new_column_is_reported(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    execute(shop, "ALTER TABLE products ADD COLUMN colour TEXT")
    assert land(lake, database)[PRODUCTS].new_columns == {"colour"}


def test_a_missing_column_is_said_and_the_other_tables_land(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    execute(shop, "ALTER TABLE products DROP COLUMN in_stock")
    with lake.alone():
        landed = shop_source.land(lake, database)
    assert [each.failures for each in landed] == [["it has no column in_stock"], [], []]
    assert counts(landed) == [0, 2, 3]


def test_postgres_away_is_said(lake: Lake) -> None:
    with pytest.raises(ShopDatabaseUnavailableError), lake.alone():
        shop_source.land(lake, ShopDatabaseSettings(postgres_port=9))


def test_somebody_who_was_erased_does_not_land_again(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    land(lake, database)
    with lake.alone():
        erased = erasing.erase(lake, landing.tables(), "user", "u-1", until=datetime.now(UTC))
    assert erased.rows == 3, "an order and its two lines"
    execute(shop, "UPDATE order_items SET quantity = 9 WHERE order_id = 'o-1'")
    execute(shop, "INSERT INTO orders VALUES ('o-8', 'u-1', '2100-01-01Z')")
    land(lake, database, again=True)
    assert in_lake(lake, "order_items") == [("o-2", "p-1", 3)]
    assert [order for order, *_ in in_lake(lake, "orders")] == ["o-2", "o-8"], "what came later is theirs anew"
