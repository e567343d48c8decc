"""Marts in Postgres: the same rows as in the warehouse, and never half of them."""

import threading
from collections.abc import Iterator

import psycopg2
import pytest

from tests.integration.analytics.running import Analytics


@pytest.fixture
def checked(analytics: Analytics) -> Iterator[Analytics]:
    analytics.run("quality")
    yield analytics


def test_each_mart_has_the_rows_of_the_warehouse(checked: Analytics) -> None:
    said = checked.run("publish")
    tables = [
        name
        for (name,) in checked.in_warehouse(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'marts' AND"
            " table_name <> 'fct_order_line'"
        )
    ]
    assert said["marts"] == len(tables)
    for table in tables:
        query = f"SELECT count(*) FROM marts.{table}"
        assert checked.in_postgres(query) == checked.in_warehouse(query), table
    assert (
        sum(count for table in tables for (count,) in checked.in_postgres(f"SELECT count(*) FROM marts.{table}"))
        == (said["rows"])
    )
    profile = (
        "SELECT customer_id, baskets, spend, first_basket_at, value_class, preferred_channel"
        " FROM marts.customer_profiles ORDER BY customer_id"
    )
    assert checked.in_postgres(profile) == checked.in_warehouse(profile)
    lists = checked.in_postgres("SELECT favourite_categories FROM marts.customer_profiles WHERE baskets > 0")
    assert all(isinstance(names, list) and 1 <= len(names) <= 3 for (names,) in lists)


def test_keys_and_descriptions_are_published(checked: Analytics) -> None:
    checked.run("publish")
    with checked.connection() as connection, connection.cursor() as cursor, pytest.raises(psycopg2.IntegrityError):
        cursor.execute("INSERT INTO marts.dim_date SELECT * FROM marts.dim_date LIMIT 1")
    assert checked.in_postgres("SELECT obj_description('marts.sales_by_day'::regclass)") == [("Sales of a day.",)]
    (undescribed,) = checked.in_postgres(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'marts' AND table_name <> 'publish' AND"
        " col_description((table_schema || '.' || table_name)::regclass, ordinal_position) IS NULL"
    )
    assert undescribed == (0,)


def test_readers_see_one_publish_whole(checked: Analytics) -> None:
    """While marts are published again and again, readers who ask for the publish first never see two mixed."""
    checked.run("publish")
    seen: set[str] = set()
    mixed: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        with checked.connection() as connection:
            while not done.is_set():
                with connection, connection.cursor() as cursor:
                    cursor.execute("SELECT publish_id FROM marts.publish")
                    seen.update(row[0] for row in cursor)
                    cursor.execute("SELECT sum(lines) FROM marts.sales_by_day")
                    by_day = next(iter(cursor))[0]
                    cursor.execute("SELECT sum(lines) FROM marts.sales_by_month")
                    by_month = next(iter(cursor))[0]
                if by_day != by_month:
                    mixed.append((by_day, by_month))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(2):
            checked.change(
                "UPDATE marts.sales_by_day SET lines = lines * 2; UPDATE marts.sales_by_month SET lines = lines * 2"
            )
            checked.run("quality")
            checked.run("publish")
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert len(seen) == 3
    assert mixed == []


def test_a_publish_that_fails_changes_nothing(checked: Analytics) -> None:
    """A second row of the same key gets past no key in Postgres."""
    checked.run("publish")
    before = checked.in_postgres("SELECT publish_id FROM marts.publish")
    checked.run("quality")
    with checked.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT publish_id FROM marts.publish")  # and holds it, as a reader that never ends
        connection_lost = checked.attempt("publish")
    assert connection_lost.returncode == 1
    assert checked.in_postgres("SELECT publish_id FROM marts.publish") == before
    assert checked.run("publish")["publish_id"] != before[0][0]
