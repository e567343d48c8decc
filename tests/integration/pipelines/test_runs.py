"""Runs that are repeated, cut short, asked for by the form, or wrong."""

import json
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from local_stack.stack import LocalStack
from tests.integration.pipelines.shop import Shop, assert_equal, run, watermark
from tests.integration.storage.servers import stopped
from tests.waiting import wait_until
from vitrine.errors import PipelineError, UnavailableError
from vitrine.pipelines import orders_to_cassandra
from vitrine.pipelines.__main__ import main


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Six users with an order each, 1 to 6 October."""
    shop.add_products(5)
    for number in range(1, 7):
        shop.order(f"order-{number}", f"user-{number}", f"2026-10-{number:02}T10:00:00Z", product_1=1, product_2=number)
    return shop


def test_chunks_may_be_done_in_any_order_and_again(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_to_cassandra, "SLICES_PER_CHUNK", 2)
    plan = orders_to_cassandra.plan()
    assert len(plan["chunks"]) == 4
    for chunk in (*reversed(plan["chunks"]), plan["chunks"][1]):
        orders_to_cassandra.copy_chunk(chunk)
    assert_equal(filled)


def test_from_a_shell_chunks_are_carried_over_two_at_a_time(
    filled: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(orders_to_cassandra, "SLICES_PER_CHUNK", 2)
    with caplog.at_level(logging.INFO):
        assert main(["orders-to-cassandra"]) == 0
    assert len({record.threadName for record in caplog.records if hasattr(record, "chunk")}) == 2
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rows_read"], summary["rows_stored"]) == (5 + 12, 5 + 12)
    assert_equal(filled)


@pytest.mark.usefixtures("filled")
def test_the_watermark_stays_while_a_chunk_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_to_cassandra, "SLICES_PER_CHUNK", 2)
    plan = orders_to_cassandra.plan()
    copied = [orders_to_cassandra.copy_chunk(chunk) for chunk in plan["chunks"][:-1]]
    with pytest.raises(PipelineError, match="order lines of users from user-5"):
        orders_to_cassandra.finish(plan, copied)
    assert orders_to_cassandra.watermarks() == []


def test_a_change_after_the_plan_is_seen_by_the_next_run(filled: Shop) -> None:
    plan = orders_to_cassandra.plan()
    filled.execute("UPDATE orders SET user_id = 'user-1' WHERE order_id = 'order-6'")
    copied = [orders_to_cassandra.copy_chunk(chunk) for chunk in plan["chunks"]]
    filled.execute("DELETE FROM orders WHERE order_id = 'order-5'")
    orders_to_cassandra.finish(plan, copied)
    run()
    assert_equal(filled)


def test_a_backfill_mends_its_days_and_leaves_the_rest_and_the_watermark(filled: Shop) -> None:
    run()
    before = watermark()
    filled.session.execute("TRUNCATE order_views")
    filled.session.execute(
        "INSERT INTO order_views (userid, messagetime, orderid, productid, quantity) VALUES (%s, %s, 'gone', 'p', 1)",
        ("user-3", datetime(2026, 10, 3, 5, tzinfo=UTC)),
    )
    summary = run(backfill_from="2026-10-02T00:00:00Z", backfill_to="2026-10-04")
    assert (summary["mode"], summary["rows_read"], summary["rows_stored"]) == ("backfill", 4, 4)
    assert filled.in_cassandra() == [row for row in filled.in_postgres() if row[0] in {"user-2", "user-3"}]
    assert watermark() == before


def test_a_backfill_ends_before_its_end(filled: Shop) -> None:
    run(backfill_from="2026-10-02T10:00:00Z", backfill_to="2026-10-03T10:00:00Z")
    assert {row[0] for row in filled.in_cassandra()} == {"user-2"}


def test_the_watermark_can_be_set_back_to_a_moment(filled: Shop) -> None:
    run()
    time.sleep(0.01)
    moment = datetime.now(UTC)
    filled.order("order-7", "user-7", product_1=1)
    run()
    filled.session.execute("DELETE FROM order_views WHERE userid = 'user-7'")
    summary = run(set_watermark_back_to=moment.isoformat())
    assert (summary["mode"], summary["rows_read"]) == ("changes", 1)
    assert_equal(filled)
    assert [each["reason"].split()[0] for each in orders_to_cassandra.watermarks()[:2]] == ["since", "set"]


def test_the_watermark_set_back_before_all_that_is_known_means_everything(filled: Shop) -> None:
    run()
    filled.session.execute("TRUNCATE order_views")
    filled.session.execute("INSERT INTO products (productid, categoryid) VALUES ('stale', 'stale')")
    assert run(set_watermark_back_to="2000-01-01")["mode"] == "everything"
    assert_equal(filled)
    assert run()["mode"] == "changes"


def test_the_watermark_of_another_database_means_everything(filled: Shop) -> None:
    """As after a restore: orders that Cassandra has seen may never have happened."""
    run()
    filled.drop_database()
    with Shop.opened() as restored:
        restored.add_products(1)
        restored.order("order-1", "user-9", product_1=1)
        assert run()["mode"] == "everything"
        assert_equal(restored)


def test_changes_are_forgotten_only_when_no_watermark_asks_for_them(filled: Shop) -> None:
    run()
    run()
    # The newest of them stays.
    assert filled.execute("SELECT count(*) FROM extraction.order_changes") == [(1,)]
    filled.order("order-7", "user-7", product_1=1)
    run()
    assert filled.execute("SELECT count(*) FROM extraction.order_changes") == [(3,)]


def test_cassandra_away_during_a_run_leaves_the_watermark_and_the_next_run_mends_it(
    filled: Shop, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders_to_cassandra, "SLICES_PER_CHUNK", 2)
    plan = orders_to_cassandra.plan()
    orders_to_cassandra.copy_chunk(plan["chunks"][0])
    orders_to_cassandra.copy_chunk(plan["chunks"][1])
    with stopped(stack, "cassandra"), pytest.raises(UnavailableError, match="Cassandra"):
        orders_to_cassandra.copy_chunk(plan["chunks"][2])
    assert orders_to_cassandra.watermarks() == []
    run()
    assert_equal(filled)


def test_cassandra_going_away_in_the_middle_of_a_chunk_fails_it(shop: Shop, stack: LocalStack) -> None:
    _many_orders(shop)
    process = _start_run()
    _await_first_rows(shop)
    with stopped(stack, "cassandra"):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 1
        assert errors.splitlines()[-1].startswith("vitrine.pipelines: Cassandra: ")
    run()
    assert_equal(shop)


def test_a_run_killed_half_way_leaves_nothing_wrong(shop: Shop) -> None:
    _many_orders(shop)
    process = _start_run()
    _await_first_rows(shop)
    process.kill()
    process.wait()
    assert orders_to_cassandra.watermarks() == []
    shop.execute("UPDATE orders SET user_id = 'user-moved' WHERE order_id <= 'order-2'")
    shop.execute("DELETE FROM orders WHERE order_id LIKE 'order-5%'".replace("%", "%%"))
    run()
    assert_equal(shop)


@pytest.mark.usefixtures("shop")
def test_postgres_away_is_one_sentence(stack: LocalStack) -> None:
    with stopped(stack, "postgres"):
        process = _start_run()
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    (sentence,) = errors.splitlines()
    assert sentence.startswith("vitrine.pipelines: Postgres: ")


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"backfill_from": "2026-10-01"}, "needs both"),
        ({"backfill_from": "2026-10-02", "backfill_to": "2026-10-01"}, "must be before"),
        ({"backfill_from": "yesterday", "backfill_to": "2026-10-01"}, "backfill_from must be a time such as"),
        ({"set_watermark_back_to": "0001-01-01T00:00:00+10:00"}, "set_watermark_back_to must be a time"),
        (
            {"backfill_from": "2026-10-01", "backfill_to": "2026-10-02", "set_watermark_back_to": "2026-10-01"},
            "not both",
        ),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_wrong_form_is_refused_in_words(form: dict[str, Any], complaint: str) -> None:
    with pytest.raises(PipelineError, match=complaint):
        orders_to_cassandra.plan(**form)


def test_whatever_happens_between_runs_both_sides_end_equal(shop: Shop) -> None:
    """Random changes, some in transactions that stay open across runs, by a clock that goes to and fro."""
    random = Random(20261121)
    shop.add_products(6)
    for number in range(12):
        shop.order(f"order-{number}", f"user-{number % 4}", product_1=1)
    for _ in range(12):
        shop.set_clock(f"{random.randint(-48, 48)} hours")
        with shop.transaction() as open_one:
            open_one.execute(_random_change(random, "order-1"))
            for _ in range(4):
                shop.execute(_random_change(random, "order-0"))
            run()
        if random.random() < 0.5:
            shop.execute(_random_change(random, "order-2"))
        run()
        assert_equal(shop)


def _random_change(random: Random, order: str) -> str:
    """Of orders whose ids begin like `order` alone, so that open transactions do not wait for each other."""
    product, user, day = random.randint(2, 6), random.randint(0, 5), random.randint(1, 30)
    new = f"{order}-{random.getrandbits(40)}"
    those = f"LIKE '{order}%%'"
    return random.choice(
        [
            f"INSERT INTO orders VALUES ('{new}', 'user-{user}', '2026-10-{day}Z');"
            f"INSERT INTO order_items VALUES ('{new}', 'product-{product}', 1)",
            f"UPDATE orders SET user_id = 'user-{user}' WHERE order_id {those}",
            f"UPDATE orders SET ordered_at = ordered_at + interval '{day} hours' WHERE order_id {those}",
            f"UPDATE order_items SET quantity = quantity + 1 WHERE order_id {those}",
            f"DELETE FROM order_items WHERE order_id {those} AND product_id = 'product-{product}'",
            f"INSERT INTO order_items SELECT order_id, 'product-{product}', 2 FROM orders WHERE order_id {those}"
            " ON CONFLICT (order_id, product_id) DO UPDATE SET quantity = 7",
            f"DELETE FROM orders WHERE order_id {those} AND user_id = 'user-{user}'",
        ]
    )


def _many_orders(shop: Shop) -> None:
    shop.add_products(100)
    shop.execute(
        "INSERT INTO orders SELECT 'order-' || n, 'user-' || n % 500 FROM generate_series(1, 60000) n".replace(
            "%", "%%"
        )
    )
    shop.execute(
        "INSERT INTO order_items SELECT 'order-' || n, 'product-' || 1 + (n + k * 7) %% 100, 1"
        " FROM generate_series(1, 60000) n, generate_series(1, 3) k"
    )


def _start_run() -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "vitrine.pipelines", "orders-to-cassandra"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def _await_first_rows(shop: Shop) -> None:
    query = "SELECT userid FROM order_views LIMIT 1"
    wait_until(lambda: list(shop.session.execute(query)), what="no row is there", pause=0.01)
