"""Claims, at 750,000 order lines: Postgres to lake takes at most 1.5 x COPY to CSV and DuckDB to Parquet, and at most a
fifth of dlt's sql_table to Parquet; a run with nothing new at most 0.3 s.

The lake's time is that of all three tables; the others move the order lines only.
"""

import os
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.lakes import lake_in, seconds
from benchmarks.measuring import verdict
from vitrine.lake import shop
from vitrine.lake.place import Lake
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database import connect

LINES = 750_000
ROUNDS = 5


def main() -> int:
    _fill()
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as name:
        folder = Path(name)
        # In pairs, so that what slows the machine down slows both.
        pairs = [(seconds(lambda: _land_anew(folder)), seconds(lambda: _copy(folder))) for _ in range(ROUNDS)]
        for ours, theirs in pairs:
            print(f"  lake {ours:.2f} s   COPY to CSV to Parquet {theirs:.2f} s")
        dlt = seconds(lambda: _dlt(folder))
        print(f"  dlt sql_table {dlt:.1f} s")
        nothing_new = median(seconds(lambda: _land(lake_in(folder))) for _ in range(ROUNDS))
    kept = [
        verdict("time over COPY to CSV to Parquet", median(ours / theirs for ours, theirs in pairs), at_most=1.5),
        verdict("dlt over the lake", dlt / median(ours for ours, _ in pairs), at_least=5),
        verdict("nothing new, s", nothing_new, at_most=0.3),
    ]
    return 0 if all(kept) else 1


def _fill() -> None:
    """Five lines an order, and few orders beside them, as the comparison is of lines."""
    with closing(connect(load(ShopDatabaseSettings))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products SELECT 'product-' || n, 'category-1', 'Thing', 1.5 FROM generate_series(1, 75) AS n"
        )
        cursor.execute(
            f"INSERT INTO orders SELECT 'order-' || n, 'user-' || n FROM generate_series(1, {LINES // 75}) AS n"
        )
        cursor.execute("INSERT INTO order_items SELECT order_id, product_id, 3 FROM orders CROSS JOIN products")


def _land_anew(folder: Path) -> None:
    shutil.rmtree(folder / "lake", ignore_errors=True)
    _land(lake_in(folder))


def _land(lake: Lake) -> None:
    with lake.alone():
        shop.land(lake, load(ShopDatabaseSettings))


def _copy(folder: Path) -> None:
    file = folder / "lines.csv"
    with (
        closing(connect(load(ShopDatabaseSettings))) as connection,
        connection.cursor() as cursor,
        file.open("wb") as lines,
    ):
        cursor.copy_expert("COPY order_items TO STDOUT (FORMAT csv, HEADER)", lines)
    with duckdb.connect(config={"memory_limit": "512MB"}) as database:
        database.execute(f"""
            COPY (FROM read_csv('{file}', header = true, auto_detect = false, delim = ',',
                columns = {{'order_id': 'VARCHAR', 'product_id': 'VARCHAR', 'quantity': 'BIGINT'}}))
            TO '{folder / "lines.parquet"}' (FORMAT parquet)
        """)


def _dlt(folder: Path) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    from dlt.destinations import filesystem
    from dlt.sources.sql_database import sql_table

    settings = load(ShopDatabaseSettings)
    server = f"{settings.postgres_user}@{settings.postgres_host}:{settings.postgres_port}"
    table = sql_table(f"postgresql+psycopg2://{server}/{settings.shop_database}", "order_items")
    pipeline = dlt.pipeline(
        "benchmark", destination=filesystem(f"file://{folder / 'dlt'}"), pipelines_dir=str(folder / "pipelines")
    )
    pipeline.run(table, loader_file_format="parquet")


if __name__ == "__main__":
    sys.exit(main())
