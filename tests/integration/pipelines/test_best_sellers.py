"""The top products of the previous month, against counting by hand."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.integration.pipelines.shop import Shop
from vitrine.pipelines import best_sellers_to_cassandra

IN_NOVEMBER = datetime(2026, 11, 21, 12, tzinfo=UTC)


def lists(shop: Shop) -> dict[tuple[str, str], list[str]]:
    """All lists of the edition that counts now, by scope and category."""
    current = shop.session.execute("SELECT edition FROM editions WHERE name = 'best_sellers'").one()
    query = "SELECT scope, categoryid, products FROM best_sellers WHERE edition = %s"
    return {(scope, category): list(found) for scope, category, found in shop.session.execute(query, (current[0],))}


@pytest.fixture
def sold(shop: Shop) -> Iterator[Shop]:
    """October: product-1 has most pieces, product-2 most buyers; 3 and 4 tie but for their ids."""
    shop.add_products(6, categories=2)
    shop.order("a", "user-1", "2026-10-01T00:00:00Z", product_1=50, product_2=1, product_4=1)
    shop.order("b", "user-2", "2026-10-31T23:59:59.999Z", product_2=1, product_3=1)
    shop.order("c", "user-1", "2026-10-20T00:00:00Z", product_1=50)
    shop.order("september", "user-3", "2026-09-30T23:59:59.999Z", product_5=9, product_6=1)
    shop.order("november", "user-3", "2026-11-01T00:00:00Z", product_6=9)
    yield shop


def test_distinct_buyers_count_first_then_pieces_then_the_id(sold: Shop) -> None:
    assert best_sellers_to_cassandra.replace(IN_NOVEMBER)["period"] == "2026-10"
    assert lists(sold) == {
        ("overall", ""): ["product-2", "product-1", "product-3", "product-4"],
        ("category", "category-0"): ["product-2", "product-4"],
        ("category", "category-1"): ["product-1", "product-3"],
    }


def test_on_the_first_of_a_month_the_previous_month_is_the_one_that_ended_just_now(sold: Shop) -> None:
    best_sellers_to_cassandra.replace(datetime(2026, 12, 1, tzinfo=UTC))
    assert lists(sold)["overall", ""] == ["product-6"]
    best_sellers_to_cassandra.replace(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    assert lists(sold)["overall", ""][0] == "product-2"


@pytest.mark.usefixtures("sold")
def test_the_month_is_that_of_utc() -> None:
    east_of_utc = datetime.fromisoformat("2026-12-01T01:00:00+02:00")
    assert best_sellers_to_cassandra.replace(east_of_utc)["period"] == "2026-10"


def test_without_orders_last_month_the_most_recent_month_that_has_some_counts(sold: Shop) -> None:
    assert best_sellers_to_cassandra.replace(datetime(2027, 3, 5, tzinfo=UTC))["period"] == "2026-11"
    sold.execute("DELETE FROM orders WHERE order_id <> 'november'")
    assert best_sellers_to_cassandra.replace(IN_NOVEMBER)["period"] == "2026-11"
    assert lists(sold)["overall", ""] == ["product-6"]


def test_orders_of_the_future_do_not_count(shop: Shop) -> None:
    shop.add_products(2)
    shop.order("future", "user-1", "2027-05-01T00:00:00Z", product_1=1)
    assert best_sellers_to_cassandra.replace(IN_NOVEMBER) == {"period": "2026-10", "products": 0, "categories": 0}


def test_without_any_orders_the_lists_are_empty(shop: Shop) -> None:
    best_sellers_to_cassandra.replace(IN_NOVEMBER)
    assert lists(shop) == {("overall", ""): []}


def test_a_reader_sees_whole_lists_while_they_are_replaced(sold: Shop) -> None:
    months = [datetime(2026, 12, 1, tzinfo=UTC), IN_NOVEMBER]
    whole = []
    for month in months:
        best_sellers_to_cassandra.replace(month)
        whole.append(lists(sold))
    replacing = threading.Thread(target=lambda: [best_sellers_to_cassandra.replace(months[n % 2]) for n in range(8)])
    replacing.start()
    seen = [whole[1]]
    while replacing.is_alive():
        if (found := lists(sold)) != seen[-1]:
            seen.append(found)
    replacing.join()
    # It has seen them come and go, and nothing in between.
    assert len(seen) > 2
    assert all(each in whole for each in seen)


def test_two_editions_are_kept(sold: Shop) -> None:
    for _ in range(4):
        best_sellers_to_cassandra.replace(IN_NOVEMBER)
    kept = [edition for (edition,) in sold.session.execute("SELECT DISTINCT edition FROM best_sellers")]
    named = sold.session.execute("SELECT edition, previous FROM editions WHERE name = 'best_sellers'").one()
    assert sorted(kept) == sorted(named)
    assert len(set(kept)) == 2
