"""A clock that was ahead and is set back: what is written afterwards still counts."""

import pytest

from tests.integration.pipelines.shop import Shop, assert_equal, run
from vitrine.pipelines import orders_to_cassandra

OCTOBER = {"backfill_from": "2026-10-01", "backfill_to": "2026-11-01"}


@pytest.fixture
def ahead(shop: Shop) -> Shop:
    """Six users with two orders each, carried over; then the clock of Postgres runs a year ahead."""
    shop.add_products(5)
    for number in range(12):
        shop.order(f"order-{number}", f"user-{number % 6}", f"2026-10-{number + 1:02}T10:00:00Z", product_1=1)
    run()
    shop.set_clock("1 year")
    return shop


def set_back_and_change(shop: Shop) -> None:
    """A line is changed, one of a user's orders is deleted, a product has a new price."""
    shop.set_clock("0")
    shop.execute("UPDATE order_items SET quantity = 9 WHERE order_id = 'order-1'")
    shop.execute("DELETE FROM orders WHERE order_id = 'order-2'")
    shop.execute("UPDATE products SET price = 7 WHERE product_id = 'product-1'")


def catalogue_edition(shop: Shop) -> object:
    return shop.session.execute("SELECT edition FROM editions WHERE name = 'catalogue'").one()[0]


def test_after_a_run(ahead: Shop) -> None:
    ahead.execute("UPDATE order_items SET quantity = 5")
    ahead.execute("UPDATE products SET price = 5")
    run()
    before = catalogue_edition(ahead)
    set_back_and_change(ahead)
    run()
    assert_equal(ahead)
    assert catalogue_edition(ahead) != before


def test_after_a_backfill_by_a_run(ahead: Shop) -> None:
    run(**OCTOBER)
    set_back_and_change(ahead)
    run()
    assert_equal(ahead)


def test_after_a_backfill_by_another_backfill(ahead: Shop) -> None:
    run(**OCTOBER)
    set_back_and_change(ahead)
    run(**OCTOBER)
    assert ahead.in_cassandra() == ahead.in_postgres()


def test_after_a_run_that_did_not_get_to_its_end(ahead: Shop) -> None:
    ahead.execute("UPDATE order_items SET quantity = 5")
    for chunk in orders_to_cassandra.plan()["chunks"]:
        orders_to_cassandra.copy_chunk(chunk)
    set_back_and_change(ahead)
    run()
    assert_equal(ahead)


def test_after_a_run_that_removed_what_had_vanished(ahead: Shop) -> None:
    ahead.session.execute(
        "INSERT INTO order_views (userid, messagetime, orderid, productid, categoryid, quantity)"
        " VALUES ('user-9', '2026-10-01', 'gone', 'product-1', 'category-1', 1)"
    )
    run(set_watermark_back_to="2000-01-01")
    ahead.set_clock("0")
    ahead.order("order-new", "user-9", product_2=1)
    run()
    assert_equal(ahead)


def test_the_newest_watermark_is_that_of_the_last_run(ahead: Shop) -> None:
    run()
    ahead.set_clock("0")
    run()
    moved = [each["moved_at"] for each in orders_to_cassandra.watermarks()]
    taken = [each["taken_at"] for each in orders_to_cassandra.watermarks()]
    assert moved == sorted(set(moved), reverse=True)
    assert taken[0] < taken[1]
