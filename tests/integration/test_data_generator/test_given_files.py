"""Given order events and categories, in Postgres."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.test_data_generator.shop_database import ShopDatabase, load, run, write

CATEGORIES = ["productid,categoryid", "product-1,category-1", "product-2,category-2"]


def event(orderid: object, items: dict[str, int], **more: object) -> str:
    lineitems = [{"productid": productid, "quantity": quantity} for productid, quantity in items.items()]
    fields = {"event": "OrderEvent", "messageid": f"m-{orderid}", "userid": "user-1", "lineitems": lineitems}
    return json.dumps({**fields, "orderid": orderid, **more})


def files(folder: Path, events: list[str], categories: list[str]) -> list[str]:
    return [
        f"--order-events={write(folder / 'events.jsonl', events)}",
        f"--product-categories={write(folder / 'categories.csv', categories)}",
    ]


def test_the_hepsiburada_pair_is_loaded_whole(shop: ShopDatabase, real_data: Path) -> None:
    folder = real_data / "hepsiburada_case"
    pair = [
        f"--order-events={folder / 'orders.jsonl.gz'}",
        f"--product-categories={folder / 'product-category-map.csv.gz'}",
    ]
    done = run(shop, *pair, "--ordered-from=2026-09-01", "--ordered-to=2026-11-01")
    assert done.returncode == 0
    assert done.stderr == "loaded 1,000 products, 20,000 orders, 23,529 order lines; refused 0\n"
    with gzip.open(folder / "orders.jsonl.gz") as lines:
        events = [json.loads(line) for line in lines]
    expected: Counter[tuple[str, str, str]] = Counter()
    for each in events:
        for item in each["lineitems"]:
            expected[str(each["orderid"]), each["userid"], item["productid"]] += item["quantity"]
    stored = shop.rows("SELECT order_id, user_id, product_id, quantity FROM orders JOIN order_items USING (order_id)")
    assert {row[:3]: row[3] for row in stored} == expected
    with gzip.open(folder / "product-category-map.csv.gz", "rt") as csv_lines:
        pairs = {tuple(line.strip().split(",")) for line in list(csv_lines)[1:]}
    assert set(shop.rows("SELECT product_id, category_id FROM products")) == pairs
    months = shop.rows("SELECT date_trunc('month', ordered_at), count(*) FROM orders GROUP BY 1 ORDER BY 1")
    assert [month for month, _ in months] == [datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)]
    assert all(9_500 < count < 10_500 for _, count in months)


def test_times_are_spread_by_seed(shop: ShopDatabase, tmp_path: Path) -> None:
    given = files(tmp_path, [event(number, {"product-1": 1}) for number in range(100)], CATEGORIES)
    period = ("--ordered-from=2026-09-01", "--ordered-to=2026-10-01T00:00Z")
    load(shop, *given, *period)
    first = shop.content()
    load(shop, *given, *period, "--reset")
    assert shop.content() == first
    load(shop, *given, *period, "--reset", "--seed=2")
    assert shop.content() != first


def test_without_a_period_they_are_of_the_last_months_up_to_now(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *files(tmp_path, [event(number, {"product-1": 1}) for number in range(500)], CATEGORIES))
    ((first, last, months),) = shop.rows(
        "SELECT min(ordered_at), max(ordered_at), count(DISTINCT date_trunc('month', ordered_at)) FROM orders"
    )
    assert months >= 6
    assert first < last <= datetime.now(UTC)


def test_an_events_own_time_is_kept_and_its_products_are_older(shop: ShopDatabase, tmp_path: Path) -> None:
    events = [
        event("old", {"product-1": 1}, timestamp="2001-02-03T04:05:06.789Z"),
        event("new", {"product-1": 1, "product-2": 3}, timestamp="2026-10-03T04:05:06+03:00"),
    ]
    load(shop, *files(tmp_path, events, CATEGORIES), "--ordered-to=2026-11-01")
    assert shop.rows("SELECT order_id, ordered_at FROM orders ORDER BY 1 DESC") == [
        ("old", datetime(2001, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)),
        ("new", datetime(2026, 10, 3, 1, 5, 6, tzinfo=UTC)),
    ]
    assert shop.rows("SELECT count(*) FROM products WHERE created_at < '2001-02-03T04:05:06Z'") == [(2,)]


def test_an_order_at_the_beginning_of_1970_is_loaded(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *files(tmp_path, [event("first", {"product-1": 1}, timestamp="1970-01-01T00:00:00Z")], CATEGORIES))
    assert shop.counts() == (2, 1, 1)


def test_bad_rows_are_reported_and_the_rest_is_loaded(shop: ShopDatabase, tmp_path: Path) -> None:
    events = [
        event(1, {"product-1": 2}),
        "{",
        event(2, {"product-1": 1, "product-9": 1}),
        event(1, {"product-2": 1}),
        "",
        event(3, {"product-9": 1}),
        event(4, {"product-2": 0}),
        event(5, {"product-2": 7}),
    ]
    given = files(tmp_path, events, [*CATEGORIES, "product-1,category-3", "product-3"])
    done = run(shop, *given)
    assert done.returncode == 2
    orders, products = (option.partition("=")[2] for option in given)
    said = done.stderr.splitlines()
    assert said == [
        f"{products}:4: product product-1 came before",
        f"{products}:5: 1 fields, not 2",
        f"{orders}:2: Input data was truncated",
        f"{orders}:3: order 2: there is no product 'product-9'",
        f"{orders}:6: order 3: there is no product 'product-9'",
        f"{orders}:7: Expected `int` >= 1 - at `$.lineitems[0].quantity`",
        f"{orders}:4: order 1 came before",
        "loaded 2 products, 3 orders, 3 order lines; refused 7",
    ]
    assert shop.rows("SELECT order_id, product_id, quantity FROM order_items ORDER BY 1") == [
        ("1", "product-1", 2),
        ("2", "product-1", 1),
        ("5", "product-2", 7),
    ]


def test_an_order_that_comes_again_much_later_in_the_file_is_refused(shop: ShopDatabase, tmp_path: Path) -> None:
    events = [event(number, {"product-1": 1}) for number in [*range(25_000), 7, 24_999, 25_000]]
    given = files(tmp_path, events, CATEGORIES)
    done = run(shop, *given)
    assert done.returncode == 2
    assert ":25001: order 7 came before\n" in done.stderr
    assert ":25002: order 24999 came before\n" in done.stderr
    assert shop.counts() == (2, 25_001, 25_001)


def test_compressed_files_and_standard_input_are_read(shop: ShopDatabase, tmp_path: Path) -> None:
    (tmp_path / "categories").write_bytes(gzip.compress("\r\n".join(CATEGORIES).encode()))
    events = "\n".join(event(number, {"product-1": 1}) for number in range(10)).encode()
    given = ("--order-events=-", f"--product-categories={tmp_path / 'categories'}")
    done = run(shop, *given, standard_input=gzip.compress(events))
    assert done.returncode == 0, done.stderr
    assert shop.counts() == (2, 10, 10)


def test_of_a_file_that_was_cut_off_the_beginning_is_loaded(shop: ShopDatabase, tmp_path: Path) -> None:
    given = files(tmp_path, [], CATEGORIES)
    whole = "\n".join(event(number, {"product-1": number + 1}) for number in range(5000)).encode()
    (tmp_path / "events.jsonl").write_bytes(gzip.compress(whole)[:20_000])
    done = run(shop, *given)
    assert done.returncode == 2
    assert "cannot read on" in done.stderr
    assert 0 < shop.counts()[1] < 5000


@pytest.mark.parametrize("broken", ["events.jsonl", "categories.csv"])
def test_a_missing_file_changes_nothing(shop: ShopDatabase, tmp_path: Path, broken: str) -> None:
    load(shop, "--orders=10", "--products=10")
    before = shop.content()
    given = files(tmp_path, [event(1, {"product-1": 1})], CATEGORIES)
    (tmp_path / broken).unlink()
    done = run(shop, *given, "--reset")
    assert done.returncode == 1
    assert done.stderr == f"error: cannot read {tmp_path / broken}: No such file or directory\n"
    assert shop.content() == before


@pytest.mark.parametrize("categories", [[], ["product-1,category-1"], ["productid,categoryid"]])
def test_categories_that_cannot_be_read_change_nothing(
    shop: ShopDatabase, tmp_path: Path, categories: list[str]
) -> None:
    load(shop, "--orders=10", "--products=10")
    before = shop.content()
    given = files(tmp_path, [event(1, {"product-1": 1})], categories)
    done = run(shop, *given, "--reset")
    assert done.returncode == 1
    assert done.stderr.endswith(f"error: {tmp_path / 'categories.csv'} holds no product that can be read\n")
    assert shop.content() == before
