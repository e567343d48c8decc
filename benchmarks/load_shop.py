"""Claim: a made-up shop is loaded at 60,000 order lines/s or more, at least 0.8 x as fast as by a bare COPY.

`test_data_generator shop` makes the rows and loads them; the bare COPY has the same rows in memory, and loads them into
the same schema with one statement a table. The start of the process is left out of both; each starts empty.
"""

import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from statistics import median

from benchmarks.measuring import verdict
from test_data_generator.__main__ import main as generate
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database import connect

ORDERS = 450_000  # about a million lines
ROUNDS = 3
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
TABLES = ("products", "orders", "order_items")  # each one after those that its keys refer to


def main() -> int:
    _generate()
    ready_made = [_read(table) for table in TABLES]
    lines = ready_made[-1].count("\n")
    # In pairs, so that what slows the machine down slows both.
    pairs = [(lines / _generate(), lines / _bare_copy(ready_made)) for _ in range(ROUNDS)]
    ours, bare = (median(rates) for rates in zip(*pairs, strict=True))
    print(f"  test_data_generator {ours:10,.0f} order lines/s\n  bare COPY           {bare:10,.0f} order lines/s")
    kept = verdict("order lines/s", ours, at_least=60_000)
    return 0 if verdict("ratio", median(our / its for our, its in pairs), at_least=0.8) and kept else 1


def _generate() -> float:
    """Seconds from an empty shop to a full one."""
    _empty()
    started = time.perf_counter()
    generate(["shop", "--orders", str(ORDERS)], NOW)
    return time.perf_counter() - started


def _bare_copy(ready_made: list[str]) -> float:
    _empty()
    with closing(connect(load(ShopDatabaseSettings))) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        for table, rows in zip(TABLES, ready_made, strict=True):
            cursor.copy_expert(f"COPY {table} FROM STDIN", StringIO(rows), size=1 << 20)
        connection.commit()
        return time.perf_counter() - started


def _read(table: str) -> str:
    rows = StringIO()
    with closing(connect(load(ShopDatabaseSettings))) as connection, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
    return rows.getvalue()


def _empty() -> None:
    """Empties the shop, then the record of its changes."""
    with closing(connect(load(ShopDatabaseSettings))) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE products, orders, order_items")
        cursor.execute("TRUNCATE extraction.order_changes, extraction.product_changes")
        connection.commit()
        connection.autocommit = True
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    sys.exit(main())
