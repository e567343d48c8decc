"""A load that fails, is interrupted or has to wait; others who look at the shop meanwhile."""

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.integration.test_data_generator.shop_database import UNTIL, Running, ShopDatabase, load, run, running

SMALL = ("--users=20", "--products=50", "--orders=300", UNTIL)
ENDLESS = ("--orders=100000000", "--reset")
IS_COPYING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY o%'"
)


def wait_until_it_copies(shop: ShopDatabase, loading: Running) -> int:
    found: list[tuple[int]] = []

    def is_copying() -> bool:
        found[:] = shop.rows(IS_COPYING)
        return bool(found)

    loading.wait_until(is_copying, what="it does not copy")
    return found[0][0]


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_load_leaves_the_old_shop(
    shop: ShopDatabase, tmp_path: Path, stop: signal.Signals, status: int
) -> None:
    load(shop, *SMALL)
    before = shop.content()
    with running(shop, tmp_path, *ENDLESS) as loading:
        wait_until_it_copies(shop, loading)
        began = time.monotonic()
        assert loading.end_after(stop) == status
        assert time.monotonic() - began < 10
        assert loading.said == ""
    assert shop.content() == before


def test_a_load_whose_connection_ends_leaves_the_old_shop(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *SMALL)
    before = shop.content()
    with running(shop, tmp_path, *ENDLESS) as loading:
        shop.rows("SELECT pg_terminate_backend(%s)", wait_until_it_copies(shop, loading))
        assert loading.process.wait(120) == 1
        assert loading.said.startswith("error: Postgres: ")
        assert loading.said.count("\n") == 1
    assert shop.content() == before


def test_a_killed_load_leaves_the_old_shop(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *SMALL)
    before = shop.content()
    with running(shop, tmp_path, *ENDLESS) as loading:
        wait_until_it_copies(shop, loading)
        loading.end_after(signal.SIGKILL)
    assert shop.content() == before


def test_nobody_sees_an_empty_shop_or_half_of_one(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    seen: set[tuple[int, ...]] = set()
    done = threading.Event()

    def watch() -> None:
        with shop.connection() as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not done.is_set():
                cursor.execute("SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM orders)")
                seen.add(cursor.fetchall()[0])
                time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        load(shop, "--products=70", "--orders=30000", "--reset")
        time.sleep(0.2)
    finally:
        done.set()
        watcher.join()
    assert seen == {(50, 300), (70, 30_000)}


def test_who_uses_the_tables_is_waited_for(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *SMALL)
    with shop.connection() as reader, reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders")
        with running(shop, tmp_path, "--orders=10", "--reset") as interrupted:
            interrupted.wait_until(lambda: interrupted.said, what="it says nothing")
            assert interrupted.said == "waiting until others have finished with the shop's tables\n"
            assert interrupted.end_after(signal.SIGINT) == 130
        with running(shop, tmp_path, "--orders=10", "--reset") as loading:
            loading.wait_until(lambda: loading.said, what="it says nothing")
            reader.commit()
            assert loading.process.wait(120) == 0
    assert shop.counts()[1] == 10


def test_of_two_at_once_one_fills_the_shop(shop: ShopDatabase, tmp_path: Path) -> None:
    load(shop, *SMALL)
    with shop.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE products, orders, order_items")
        with running(shop, tmp_path, *SMALL) as one, running(shop, tmp_path, *SMALL, "--if-empty") as other:
            time.sleep(3)
            connection.commit()
            statuses = (one.process.wait(120), other.process.wait(120))
            assert "Traceback" not in one.said + other.said
    assert statuses in {(0, 0), (1, 0)}
    assert shop.counts()[:2] == (50, 300)


def test_a_role_that_may_not_is_told_so(shop: ShopDatabase) -> None:
    load(shop, *SMALL)
    with shop.connection() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE only_reads LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads")
        cursor.execute("GRANT CREATE ON SCHEMA public TO only_reads")  # what the migrations ask for
        connection.commit()
        try:
            shop.environment["VITRINE_POSTGRES_USER"] = "only_reads"
            done = run(shop, "--reset")
        finally:
            cursor.execute("DROP OWNED BY only_reads; DROP ROLE only_reads")
            connection.commit()
    assert done.returncode == 1
    assert done.stderr == "error: Postgres refuses the load: permission denied for table products\n"


def test_without_postgres_one_sentence_says_so(shop: ShopDatabase) -> None:
    shop.environment["VITRINE_POSTGRES_PORT"] = "1"
    done = run(shop)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Postgres: ")
    assert "127.0.0.1" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_malformed_setting_is_one_sentence(shop: ShopDatabase) -> None:
    shop.environment["VITRINE_POSTGRES_PORT"] = "0"
    done = run(shop)
    assert done.returncode == 1
    assert done.stderr.startswith("error: VITRINE_POSTGRES_PORT: ")
    assert done.stderr.count("\n") == 1
