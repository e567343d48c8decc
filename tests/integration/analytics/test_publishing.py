"""Marts in Postgres: the same rows as in the warehouse, and never half of them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psycopg2
import pytest

from tests.integration.analytics.running import Analytics
from vitrine.analytics.publishing import Mart, marts_of, publish
from vitrine.analytics.warehouse import opened
from vitrine.errors import ShopDatabaseUnavailableError, WarehouseError


def publish_all(analytics: Analytics, publish_id: str = "first") -> tuple[list[Mart], int]:
    manifest = json.loads((analytics.folder / "warehouse.duckdb.dbt" / "manifest.json").read_text())
    with opened(analytics.warehouse_file) as connection:
        marts = marts_of(manifest, connection)
        return marts, publish(analytics.settings, connection, marts, publish_id=publish_id, now=datetime.now(UTC))


def test_each_mart_has_the_rows_of_the_warehouse(analytics: Analytics) -> None:
    marts, rows = publish_all(analytics)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'marts'"
    built = {name for (name,) in analytics.in_warehouse(tables)}
    assert {mart.name for mart in marts} == built - {
        "fct_order_line",
        "attribution",
        "attributed_orders",
        "experiment_people",
    }
    assert {name for (name,) in analytics.in_postgres(tables)} == {mart.name for mart in marts} | {"publish"}
    counts = {mart.name: analytics.in_postgres(f"SELECT count(*) FROM marts.{mart.name}") for mart in marts}
    assert counts == {name: analytics.in_warehouse(f"SELECT count(*) FROM marts.{name}") for name in counts}
    assert sum(count for ((count,),) in counts.values()) == rows
    profile = (
        "SELECT customer_id, baskets, spend, first_basket_at, value_class, preferred_channel"
        " FROM marts.customer_profiles ORDER BY customer_id"
    )
    assert analytics.in_postgres(profile) == analytics.in_warehouse(profile)
    lists = analytics.in_postgres("SELECT favourite_categories FROM marts.customer_profiles WHERE baskets > 0")
    assert all(isinstance(names, list) and 1 <= len(names) <= 3 for (names,) in lists)


def test_an_empty_text_stays_one_and_is_not_missing(analytics: Analytics) -> None:
    analytics.change("UPDATE marts.dim_product SET brand = '', package_size = 'a, \"b\"\nc'")
    publish_all(analytics)
    assert analytics.in_postgres("SELECT DISTINCT brand, package_size, manufacturer_id FROM marts.dim_product") == [
        ("", 'a, "b"\nc', None)
    ]


def test_a_text_that_postgres_does_not_take_keeps_no_mart_back(analytics: Analytics) -> None:
    """A CSV file may hold a character of code 0."""
    analytics.change("UPDATE marts.dim_product SET brand = 'a' || chr(0) || 'b'")
    analytics.change("""UPDATE marts.customer_profiles SET favourite_categories = '["a\\u0000b"]'""")
    publish_all(analytics)
    assert analytics.in_postgres("SELECT DISTINCT brand FROM marts.dim_product") == [("a\ufffdb",)]
    lists = analytics.in_postgres("SELECT DISTINCT favourite_categories FROM marts.customer_profiles")
    assert lists == [(["a\ufffdb"],)]


def test_keys_and_descriptions_are_published(analytics: Analytics) -> None:
    publish_all(analytics)
    with analytics.connection() as connection, connection.cursor() as cursor, pytest.raises(psycopg2.IntegrityError):
        cursor.execute("INSERT INTO marts.dim_date SELECT * FROM marts.dim_date LIMIT 1")
    assert analytics.in_postgres("SELECT obj_description('marts.sales_by_day'::regclass)") == [("Sales of a day.",)]
    assert analytics.in_postgres(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'marts' AND table_name <> 'publish' AND"
        " col_description((table_schema || '.' || table_name)::regclass, ordinal_position) IS NULL"
    ) == [(0,)]


def test_readers_see_one_publish_whole(analytics: Analytics) -> None:
    """Marts are published again and again, with other figures, under readers who ask for the publish first."""
    publish_all(analytics)
    with reading(analytics) as (seen, mixed):
        for _ in range(5):
            analytics.change(
                "UPDATE marts.sales_by_day SET lines = lines * 2; UPDATE marts.sales_by_month SET lines = lines * 2"
            )
            publish_all(analytics, str(uuid4()))
    assert len(seen) > 1
    assert mixed == []


def test_a_mart_that_postgres_does_not_take_leaves_the_old_ones(analytics: Analytics) -> None:
    publish_all(analytics)
    days = analytics.in_postgres("SELECT count(*) FROM marts.sales_by_day")
    analytics.change("INSERT INTO marts.segments SELECT * FROM marts.segments; DELETE FROM marts.sales_by_day")
    with pytest.raises(WarehouseError, match=r"does not take the marts: .*segments_pkey"):
        publish_all(analytics, "second")
    assert analytics.in_postgres("SELECT publish_id FROM marts.publish") == [("first",)]
    assert analytics.in_postgres("SELECT count(*) FROM marts.sales_by_day") == days


def test_a_reader_that_does_not_end_keeps_the_old_marts(analytics: Analytics) -> None:
    publish_all(analytics)
    with analytics.connection() as reader, reader.cursor() as cursor:
        cursor.execute("SELECT publish_id FROM marts.publish")
        with pytest.raises(ShopDatabaseUnavailableError, match="lock timeout"):
            publish_all(analytics, "second")
        cursor.execute("SELECT count(*) FROM marts.sales_by_day")
    publish_all(analytics, "third")
    assert analytics.in_postgres("SELECT publish_id FROM marts.publish") == [("third",)]


@contextmanager
def reading(analytics: Analytics) -> Iterator[tuple[set[str], list[tuple[int, int]]]]:
    """Readers at work: the publishes that they have seen, and what they saw of two publishes in one transaction."""
    seen: set[str] = set()
    mixed: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        with analytics.connection() as connection:
            while not done.is_set():
                with connection, connection.cursor() as cursor:
                    cursor.execute("SELECT publish_id FROM marts.publish")
                    seen.update(row[0] for row in cursor)
                    cursor.execute("SELECT sum(lines) FROM marts.sales_by_day")
                    ((by_day,),) = cursor.fetchall()
                    cursor.execute("SELECT sum(lines) FROM marts.sales_by_month")
                    ((by_month,),) = cursor.fetchall()
                if by_day != by_month:
                    mixed.append((by_day, by_month))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        yield seen, mixed
    finally:
        done.set()
        for reader in readers:
            reader.join()
