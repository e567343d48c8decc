"""Claims: attribution of 1,000,000 products shown and 100,000 orders, from the lake to the days, takes at most 60 s.

And where 10,000 more were shown and 1,000 more orders made since, at most 0.8 x as long. dbt's start and staging, which
is made anew each time, are in both. People, products and times are drawn at random; a third of the orders are of what
was shown.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.lakes import lake_in, seconds
from benchmarks.measuring import verdict
from vitrine.analytics.dbt import Dbt
from vitrine.lake.landing import prepare
from vitrine.lake.place import Load
from vitrine.settings import WarehouseSettings

ANSWERS, PRODUCTS_SHOWN, ORDERS, PEOPLE, PRODUCTS = 100_000, 10, 100_000, 50_000, 20_000
NEW_ANSWERS, NEW_ORDERS = 1_000, 1_000
_NOW = datetime(2026, 11, 27, tzinfo=UTC)
MOMENT = "TIMESTAMP '2026-09-01' + to_seconds(({}) % 5000000)"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as name:
        folder = Path(name)
        prepare(lake_in(folder))
        _land(folder, range(ANSWERS), range(ORDERS))
        whole = seconds(lambda: _build(folder))
        _land(folder, range(ANSWERS, ANSWERS + NEW_ANSWERS), range(ORDERS, ORDERS + NEW_ORDERS))
        new = seconds(lambda: _build(folder))
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
            ((shown, credited),) = warehouse.execute(
                "SELECT count(*), (SELECT count(*) FROM marts.attributed_orders) FROM marts.attribution"
            ).fetchall()
    print(f"  {shown:,} shown, {credited:,} lines credited: whole {whole:.1f} s, what is new {new:.1f} s")
    kept = [
        verdict("1,000,000 shown and 100,000 orders, s", whole, at_most=60),
        verdict("10,000 more shown over all of them", new / whole, at_most=0.8),
    ]
    return 0 if all(kept) else 1


def _land(folder: Path, answers: range, orders: range) -> None:
    """Answers of ten products, and orders of one: of an answer's person, and of a product of it or any."""
    shown = f"""
        SELECT 'r-' || n AS recommendation_id, 'u-' || hash(n) % {PEOPLE} AS user_id, 'similar' AS endpoint,
            list_transform(range({PRODUCTS_SHOWN}), lambda k: 'p-' || (hash(n) + k) % {PRODUCTS}) AS products,
            list_transform(range({PRODUCTS_SHOWN}), lambda k: 'viewed-together') AS sources, 'cart' AS placement,
            {MOMENT.format("hash(n + 1)")} AS shown_at
        FROM range({answers.start}, {answers.stop}) AS answers (n)
    """
    answer = f"hash(n + 2) % {answers.stop}"
    ordered = f"""
        SELECT 'm-' || n AS message_id, 'u-' || hash({answer}) % {PEOPLE} AS user_id, 'OrderCompleted' AS event,
            ['p-' || (hash({answer}) + if(n % 3 = 0, 0, n)) % {PRODUCTS}] AS products, [1] AS quantities,
            [9.5::DOUBLE] AS prices, 'o-' || n AS order_id, 'ios' AS source,
            {MOMENT.format(f"hash({answer} + 1)")} + INTERVAL 1 HOUR AS occurred_at
        FROM range({orders.start}, {orders.stop}) AS orders (n)
    """
    lake, load_id = lake_in(folder), f"from-{answers.start}"
    for table, query in (("recommendations_shown", shown), ("shop_events", ordered)):
        file = f"events/{table}/{load_id}.parquet"
        duckdb.execute(f"COPY (SELECT *, '{load_id}' AS _load_id FROM ({query})) TO '{lake.path(file)}'")
        load = Load(load_id=load_id, of=load_id, landed_at=_NOW, rows=len(answers), files=(file,))
        lake.keep_loads("events", table, [*lake.loads("events", table), load])


def _build(folder: Path) -> None:
    settings = WarehouseSettings(warehouse_file=folder / "warehouse.duckdb", lake=lake_in(folder).address)
    Dbt(settings).run("run", "--select", "+attribution_by_day")


if __name__ == "__main__":
    sys.exit(main())
