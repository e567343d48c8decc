"""A run that would remove most users or products stops until it is told that this is meant."""

import json

import pytest

from tests.integration.pipelines.shop import Shop, assert_equal, run
from vitrine.errors import PipelineError, SchemaError
from vitrine.pipelines import orders_to_cassandra
from vitrine.pipelines.__main__ import main
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database import connect

USERS, PRODUCTS = 30, 40


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Thirty users with an order each, and forty products, carried over."""
    fill(shop)
    run()
    return shop


def fill(shop: Shop) -> None:
    shop.add_products(PRODUCTS)
    shop.execute("INSERT INTO orders SELECT 'order-' || n, 'user-' || n FROM generate_series(1, %s) n", USERS)
    shop.execute("INSERT INTO order_items SELECT order_id, 'product-1', 1 FROM orders")


def assert_stops(shop: Shop, complaint: str) -> None:
    """Nothing changes in Cassandra, the watermark neither, however often it is tried; then it is allowed."""
    before = (shop.in_cassandra(), shop.products_in_cassandra(), orders_to_cassandra.watermarks())
    for _ in range(2):
        with pytest.raises(PipelineError, match=complaint):
            run()
    assert (shop.in_cassandra(), shop.products_in_cassandra(), orders_to_cassandra.watermarks()) == before
    run(allow_removal=True)
    assert_equal(shop)
    # Once was meant: the next run goes on as always.
    run()


def test_an_empty_database_stops_the_run(filled: Shop) -> None:
    filled.drop_database()
    with Shop.opened() as empty:
        assert_stops(empty, "30 of 30 users with orders and 40 of 40 products")


def test_another_shop_stops_the_run(filled: Shop) -> None:
    filled.drop_database()
    with Shop.opened() as other:
        other.execute("INSERT INTO products SELECT 'p' || n, 'c', 'P', 1 FROM generate_series(1, 500) n")
        other.execute("INSERT INTO orders SELECT 'o' || n, 'u' || n FROM generate_series(1, 500) n")
        other.execute("INSERT INTO order_items SELECT 'o' || n, 'p' || n, 1 FROM generate_series(1, 500) n")
        assert_stops(other, "30 of 30 users with orders and 40 of 40 products")


STOPPING = {
    "everything is truncated": ("TRUNCATE products, orders, order_items", "30 of 30 users .* 40 of 40 products"),
    "orders are truncated": ("TRUNCATE orders, order_items", "30 of 30 users .* 0 of 40 products"),
    "lines are truncated": ("TRUNCATE order_items", "30 of 30 users .* 0 of 40 products"),
    "orders are deleted": ("DELETE FROM orders WHERE substr(order_id, 7)::int > 14", "16 of 30 users"),
    "orders move to others": ("UPDATE orders SET user_id = 'somebody'", "30 of 30 users"),
    "products are deleted": ("DELETE FROM products WHERE substr(product_id, 9)::int > 19", " 0 of 30 .* 21 of 40"),
}


@pytest.mark.parametrize(("change", "complaint"), STOPPING.values(), ids=STOPPING.keys())
def test_changes_that_remove_most_of_it_stop_the_run(filled: Shop, change: str, complaint: str) -> None:
    filled.execute(change)
    assert_stops(filled, complaint)


PASSING = {
    "half of the users": "DELETE FROM orders WHERE substr(order_id, 7)::int > 15",
    "half of the products": "DELETE FROM products WHERE substr(product_id, 9)::int > 20",
    "all that was changed": "UPDATE orders SET ordered_at = '2026-10-01Z'",
    "all lines but one of each user": "INSERT INTO order_items SELECT order_id, 'product-2', 1 FROM orders;"
    " DELETE FROM order_items WHERE product_id = 'product-1'",
    "who was there between runs": "INSERT INTO orders SELECT 'new-' || n, 'new-' || n FROM generate_series(1, 99) n;"
    " INSERT INTO order_items SELECT order_id, 'product-1', 1 FROM orders WHERE order_id LIKE 'new-%%';"
    " DELETE FROM orders WHERE order_id LIKE 'new-%%'",
}


@pytest.mark.parametrize("change", PASSING.values(), ids=PASSING.keys())
def test_what_removes_less_goes_on(filled: Shop, change: str) -> None:
    filled.execute(change)
    run()
    assert_equal(filled)


def test_few_users_may_all_go(shop: Shop) -> None:
    fill(shop)
    shop.execute("DELETE FROM orders WHERE substr(order_id, 7)::int > 10")
    run()
    shop.execute("DELETE FROM orders")
    run()
    assert shop.in_cassandra() == []


def test_the_share_is_a_setting(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.execute("DELETE FROM orders WHERE substr(order_id, 7)::int > 14")
    monkeypatch.setenv("VITRINE_MAXIMUM_REMOVED_SHARE", "0.6")
    load.cache_clear()
    run()
    assert_equal(filled)


def test_a_backfill_removes_nobody_and_is_not_stopped(filled: Shop) -> None:
    before = filled.in_cassandra()
    filled.execute("TRUNCATE orders, order_items")
    run(backfill_from="2000-01-01", backfill_to="2100-01-01")
    assert filled.in_cassandra() == before


def test_from_a_shell_it_is_one_sentence_that_says_what_to_do(filled: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    filled.execute("TRUNCATE orders, order_items")
    assert main(["orders-to-cassandra"]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    (sentence,) = errors.splitlines()
    for part in (f"Is {load(ShopDatabaseSettings).shop_database} on 127.0.0.1:", "--allow-removal", "allow_removal"):
        assert part in sentence
    assert main(["orders-to-cassandra", "--allow-removal"]) == 0
    assert json.loads(capsys.readouterr().out)["mode"] == "changes"
    assert_equal(filled)


def test_a_database_that_is_none_of_a_shop_is_named(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled.in_cassandra()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("VITRINE_SHOP_DATABASE", "postgres")
        load.cache_clear()
        connect(load(ShopDatabaseSettings)).close()
        with pytest.raises(SchemaError, match=r"shop's tables in postgres: .*manage.py migrate"):
            run()
    load.cache_clear()
    assert filled.in_cassandra() == before
