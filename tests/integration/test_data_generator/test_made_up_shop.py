"""The made-up shop, in Postgres."""

import json
import os
import pty
import subprocess
import sys
import termios
from collections import Counter
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from test_data_generator.shop import make_shop
from tests.integration.test_data_generator.shop_database import COMMAND, UNTIL, ShopDatabase, environment, load, run

SMALL = ("--users=20", "--products=50", "--orders=300", UNTIL)
FOREIGN_KEYS = (
    "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
    " WHERE contype = 'f' AND conrelid = 'order_items'::regclass ORDER BY 1"
)


def test_the_command_alone_makes_the_database_and_fills_it(shop: ShopDatabase) -> None:
    done = run(shop)
    assert done.returncode == 0
    products, orders, lines = shop.counts()
    assert (products, orders) == (1000, 5000)
    assert done.stderr == f"loaded 1,000 products, 5,000 orders, {lines:,} order lines\n"
    assert lines > 10_000


def test_the_same_seed_loads_the_same_rows(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    first = shop.content()
    load(shop, *SMALL, "--reset")
    assert shop.content() == first
    load(shop, *SMALL, "--reset", "--seed=2")
    assert shop.content() != first


def test_the_last_months_up_to_now_have_orders(shop: ShopDatabase) -> None:
    load(shop, "--orders=2000", "--months=3")
    now = datetime.now(UTC)
    months = dict(shop.rows("SELECT to_char(ordered_at, 'YYYY-MM'), count(*) FROM orders GROUP BY 1"))
    previous = now.replace(day=1) - timedelta(days=1)
    assert months[f"{previous:%Y-%m}"] > 300
    assert len(months) == 4
    ((last,),) = shop.rows("SELECT max(ordered_at) FROM orders")
    assert now - timedelta(days=3) < last <= now


def test_one_order_is_of_the_previous_month(shop: ShopDatabase) -> None:
    load(shop, "--orders=1", UNTIL)
    assert shop.rows("SELECT to_char(ordered_at, 'YYYY-MM') FROM orders") == [("2026-10",)]


def test_products_are_older_than_the_orders_that_hold_them(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    assert shop.rows(
        "SELECT count(*) FROM order_items JOIN products USING (product_id) JOIN orders USING (order_id)"
        " WHERE created_at > ordered_at"
    ) == [(0,)]
    assert shop.rows(
        "SELECT count(DISTINCT created_at), max(created_at) - min(created_at) > '1 year' FROM products"
    ) == [(50, True)]


def test_the_keys_of_the_schema_hold_afterwards(shop: ShopDatabase) -> None:
    keys = shop.rows(FOREIGN_KEYS)
    load(shop, *SMALL)
    assert len(keys) == 2
    assert shop.rows(FOREIGN_KEYS) == keys
    for product, order in (("product-999", "order-1"), ("product-1", "order-999")):
        with pytest.raises(psycopg2.errors.ForeignKeyViolation):
            shop.rows("INSERT INTO order_items VALUES (%s, %s, 1) RETURNING 1", order, product)


def test_the_products_are_those_of_the_views(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    made = make_shop(users=20, products=50, seed=1)
    assert {row[:4] for row in shop.content()["products"]} == {
        (product.productid, product.categoryid, product.name, product.price) for product in made.products
    }


def test_who_views_a_category_buys_from_it(shop: ShopDatabase) -> None:
    """The views of the same options fit by their keys, and by taste."""
    load(shop, "--orders=3000", UNTIL)
    views = [
        json.loads(line)
        for line in subprocess.run(
            [sys.executable, "-m", "test_data_generator", "views", UNTIL], check=True, capture_output=True
        ).stdout.splitlines()
    ]
    category = dict(shop.rows("SELECT product_id, category_id FROM products"))
    assert category.keys() >= {view["properties"]["productid"] for view in views}
    assert {view["userid"] for view in views} >= {userid for (userid,) in shop.rows("SELECT user_id FROM orders")}
    bought = Counter(
        shop.rows(
            "SELECT user_id, category_id FROM orders JOIN order_items USING (order_id) JOIN products USING (product_id)"
        )
    )
    viewed = Counter((view["userid"], category[view["properties"]["productid"]]) for view in views)
    favourite: dict[str, str] = {}
    for (userid, categoryid), _ in viewed.most_common():
        favourite.setdefault(userid, categoryid)
    share = sum(bought[pair] for pair in favourite.items()) / sum(bought.values())
    strangers = Counter(categoryid for _, categoryid in bought.elements())
    by_chance = sum(strangers[categoryid] for categoryid in favourite.values()) / len(favourite) / sum(bought.values())
    assert share > 2 * by_chance


# ---- a shop that is loaded already


def test_a_loaded_shop_is_not_doubled(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    before = shop.content()
    done = run(shop, *SMALL)
    assert done.returncode == 1
    assert done.stderr == "error: the shop holds 50 products and 300 orders already; --reset replaces them\n"
    done = run(shop, *SMALL, "--if-empty")
    assert done.returncode == 0
    assert done.stderr == "the shop holds 50 products and 300 orders already: nothing is loaded\n"
    assert shop.content() == before


def test_an_empty_shop_is_filled_if_empty(shop: ShopDatabase) -> None:
    load(shop, *SMALL, "--if-empty")
    assert shop.counts()[:2] == (50, 300)


def test_reset_replaces_all_and_notes_it_for_the_extraction(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    with shop.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE extraction.order_changes, extraction.product_changes")
        connection.commit()
    load(shop, "--users=5", "--products=10", "--orders=40", "--reset")
    assert shop.counts()[:2] == (10, 40)
    gone = {f"order-{number}" for number in range(1, 301)}
    assert {row[0] for row in shop.rows("SELECT order_id FROM extraction.order_changes WHERE user_id <> ''")} == gone
    # Once as the old items went, and again for those of the new orders and their items.
    again = "SELECT order_id FROM extraction.order_changes WHERE user_id IS NULL GROUP BY order_id HAVING count(*) > 1"
    assert {row[0] for row in shop.rows(again)} == {f"order-{number}" for number in range(1, 41)}
    assert shop.rows("SELECT count(DISTINCT product_id) FROM extraction.product_changes") == [(50,)]


# ---- progress


def test_a_terminal_shows_the_progress(shop: ShopDatabase) -> None:
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 200))
    process = subprocess.Popen([*COMMAND, "--orders=25000"], env=environment(shop), stderr=other_end)
    os.close(other_end)
    shown = b""
    try:
        while chunk := os.read(terminal, 10_000):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(terminal)
    assert process.wait(120) == 0
    assert b"100%|" in shown
    assert b"25000/25000" in shown
