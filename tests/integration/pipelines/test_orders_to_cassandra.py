"""Orders from the real Postgres to the real Cassandra: what changes in the one is soon the same in the other."""

import pytest

from tests.integration.pipelines.shop import Shop, assert_equal, run, watermark
from vitrine.pipelines import orders_to_cassandra


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Three users with two orders each, carried over."""
    shop.add_products(9)
    for number in range(1, 7):
        shop.order(
            f"order-{number}", f"user-{number % 3}", f"2026-10-{number:02}T10:00:00Z", product_1=1, product_2=number
        )
    run()
    return shop


def test_the_first_run_carries_everything_over(shop: Shop) -> None:
    shop.add_products(5)
    shop.order("order-1", "user-1", product_1=2, product_3=1)
    summary = run()
    assert (summary["mode"], summary["rows_read"], summary["rows_stored"]) == ("everything", 7, 7)
    assert len(shop.in_cassandra()) == 2
    assert_equal(shop)


@pytest.mark.usefixtures("filled")
def test_a_run_with_nothing_new_has_no_chunks_and_moves_the_watermark() -> None:
    before = watermark()
    plan = orders_to_cassandra.plan()
    assert plan["chunks"] == []
    assert orders_to_cassandra.finish(plan, [])["rows_read"] == 0
    assert watermark() > before


def test_only_what_is_new_is_read(filled: Shop) -> None:
    filled.order("order-new", "user-1", "2026-11-01T10:00:00Z", product_4=1)
    assert run()["rows_read"] == 1
    assert_equal(filled)


def test_a_late_order_with_an_old_date_is_carried_over(filled: Shop) -> None:
    filled.order("order-late", "user-2", "2020-01-01T00:00:00Z", product_3=1)
    run()
    assert_equal(filled)


CHANGES = {
    "a quantity": "UPDATE order_items SET quantity = 9 WHERE order_id = 'order-1'",
    "the user": "UPDATE orders SET user_id = 'user-9' WHERE order_id = 'order-1'",
    "the date": "UPDATE orders SET ordered_at = '2026-12-24T00:00Z' WHERE order_id = 'order-1'",
    "all of two users": "UPDATE orders SET user_id = 'user-2', ordered_at = '2026-10-02T10:00Z'",
    "an order is deleted": "DELETE FROM orders WHERE order_id = 'order-1'",
    "all of a user is deleted": "DELETE FROM orders WHERE user_id = 'user-1'",
    "lines are deleted": "DELETE FROM order_items WHERE product_id = 'product-1'",
    "a line is added": "INSERT INTO order_items VALUES ('order-1', 'product-7', 3)",
    "a line's product": "UPDATE order_items SET product_id = 'product-8' WHERE product_id = 'product-1'",
    "a line's order": "UPDATE order_items SET order_id = 'order-2', product_id = 'product-9'"
    " WHERE order_id = 'order-1' AND product_id = 'product-1'",
    "a category": "UPDATE products SET category_id = 'category-new' WHERE product_id = 'product-1'",
    "name and price": "UPDATE products SET name = 'New', price = 0 WHERE product_id = 'product-1'",
    "sold out": "UPDATE products SET in_stock = false WHERE product_id = 'product-1'",
    "a product is deleted": "DELETE FROM products WHERE product_id = 'product-9'",
    "a product's id": "UPDATE products SET product_id = 'product-x' WHERE product_id = 'product-9'",
    "a product is added": "INSERT INTO products VALUES ('new', 'category-1', 'New', 1)",
    "all lines are truncated": "TRUNCATE order_items",
    "all orders are truncated": "TRUNCATE orders, order_items",
    "everything is truncated": "TRUNCATE products, orders, order_items",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_leaves_nothing_old_behind(filled: Shop, change: str) -> None:
    before = (filled.in_cassandra(), filled.products_in_cassandra())
    filled.execute(change)
    assert run()["mode"] == "changes"
    assert (filled.in_cassandra(), filled.products_in_cassandra()) != before
    assert_equal(filled)


def test_a_transaction_open_during_a_run_does_not_slip_past(filled: Shop) -> None:
    with filled.transaction() as open_one:
        open_one.execute("INSERT INTO orders VALUES ('order-open', 'user-1', '2026-10-01T00:00Z')")
        open_one.execute("INSERT INTO order_items VALUES ('order-open', 'product-5', 1)")
        filled.order("order-later", "user-2", product_6=1)
        run()
        assert_equal(filled)
        filled.execute("DELETE FROM orders WHERE order_id = 'order-2'")
        run()
        assert_equal(filled)
    assert run()["rows_read"] == 1
    assert_equal(filled)


def test_a_line_added_while_its_order_moves_to_another_user_follows_it(filled: Shop) -> None:
    with filled.transaction() as adding:
        with filled.transaction() as moving:
            moving.execute("UPDATE orders SET user_id = 'user-9' WHERE order_id = 'order-1'")
            adding.execute("INSERT INTO order_items VALUES ('order-1', 'product-5', 1)")
        run()
        assert_equal(filled)
    run()
    assert_equal(filled)


def test_a_line_of_a_product_that_is_being_recategorised_gets_the_new_category(filled: Shop) -> None:
    with filled.transaction() as recategorising:
        recategorising.execute("UPDATE products SET category_id = 'new' WHERE product_id = 'product-5'")
        filled.order("order-new", "user-1", product_5=1)
        run()
        assert_equal(filled)
    run()
    assert_equal(filled)


def test_a_rolled_back_change_changes_nothing(filled: Shop) -> None:
    with pytest.raises(ZeroDivisionError), filled.transaction() as failing:
        failing.execute("DELETE FROM orders")
        raise ZeroDivisionError
    assert run()["rows_read"] == 0
    assert_equal(filled)


def test_an_empty_postgres_is_no_error(shop: Shop) -> None:
    assert run()["mode"] == "everything"
    assert run()["mode"] == "changes"
    shop.add_products(1)
    shop.order("order-1", "user-1", product_1=1)
    run()
    assert_equal(shop)


def test_an_order_without_lines_leaves_nothing(filled: Shop) -> None:
    filled.execute("INSERT INTO orders VALUES ('order-empty', 'user-1', '2026-10-01T00:00Z')")
    summary = run()
    assert (summary["mode"], summary["rows_read"], summary["rows_stored"]) == ("changes", 0, 0)
    assert_equal(filled)


def test_times_are_kept_to_the_millisecond(filled: Shop) -> None:
    filled.order("order-precise", "user-1", "2026-10-05T12:00:00.123456Z", product_1=1)
    filled.order("order-neighbour", "user-1", "2026-10-05T12:00:00.1234Z", product_1=1)
    run()
    filled.execute("DELETE FROM orders WHERE order_id = 'order-precise'")
    run()
    assert_equal(filled)
