"""Lakes in folders, laid out as vitrine.lake lays them out, from data that lie elsewhere or are generated."""

import csv
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from test_data_generator.orders import Months, made_up_orders
from test_data_generator.shop import make_shop
from test_data_generator.views import Period, product_views
from vitrine.lake.place import Lake
from vitrine.settings import PROJECT_FOLDER, LakeSettings

WAREHOUSE = PROJECT_FOLDER / "warehouse"
UNTIL = datetime(2026, 11, 20, tzinfo=UTC)

_COMPLETEJOURNEY = {
    "transactions": (
        "transactions_sample",
        "{'household_id': 'VARCHAR', 'store_id': 'VARCHAR', 'basket_id': 'VARCHAR', 'product_id': 'VARCHAR', "
        "'quantity': 'DOUBLE', 'sales_value': 'DECIMAL(12,2)', 'retail_disc': 'DECIMAL(12,2)', "
        "'coupon_disc': 'DECIMAL(12,2)', 'coupon_match_disc': 'DECIMAL(12,2)'}",
    ),
    "products": ("products", ""),
    "households": ("demographics", ""),
}


def lake_in(folder: Path) -> Lake:
    """The lake of a folder, which vitrine.lake lands in."""
    return Lake(LakeSettings(lake=str(folder / "lake")))


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def land_completejourney(lake: Path, data: Path) -> None:
    """The sample of households that `data` holds."""
    with duckdb.connect() as connection:
        for table, (file, types) in _COMPLETEJOURNEY.items():
            given = f"types = {types}" if types else "all_varchar = true"
            select = f"SELECT * FROM read_csv('{data}/{file}.csv.gz', header = true, {given})"
            if table == "transactions":
                month = "strftime(transaction_timestamp, '%Y-%m') AS month"
                select = f"SELECT * REPLACE (quantity::BIGINT AS quantity), {month} FROM ({select})"
            _copy(connection, select, lake / "completejourney" / table, by_month=table == "transactions")


def land_made_up_households(lake: Path, *, copies: int, products: int = 5_000) -> None:
    """So many times 75,000 lines in completejourney's form, each time of other households with other baskets."""
    shop = make_shop(users=2_500, products=products, seed=1)
    ordered = made_up_orders(shop, orders=32_000, months=Months(UNTIL, 12), seed=1)
    prices = {product.productid: product.price for product in shop.products}
    lines = [
        (each.userid, "1", each.orderid, product, count, count * prices[product], 0, 0, 0, 1, _time(each.time))
        for each in ordered
        for product, count in each.lines.items()
    ][:75_000]
    once = lake.with_name("once") / "completejourney"
    money = "DECIMAL(12,2)"
    land(
        once / "transactions",
        "household_id VARCHAR, store_id VARCHAR, basket_id VARCHAR, product_id VARCHAR, quantity BIGINT,"
        f" sales_value {money}, retail_disc {money}, coupon_disc {money}, coupon_match_disc {money}, week INTEGER,"
        " transaction_timestamp TIMESTAMP",
        lines,
    )
    with duckdb.connect() as connection:
        _copy(
            connection,
            "SELECT * EXCLUDE (_load_id) REPLACE (household_id || '-' || copy AS household_id,"
            " basket_id || '-' || copy AS basket_id), strftime(transaction_timestamp, '%Y-%m') AS month"
            f" FROM '{once}/transactions/load.parquet', range({copies}) AS copies (copy)",
            lake / "completejourney" / "transactions",
            by_month=True,
        )
    land(
        lake / "completejourney" / "products",
        "product_id VARCHAR, manufacturer_id VARCHAR, department VARCHAR, brand VARCHAR, product_category VARCHAR,"
        " product_type VARCHAR, package_size VARCHAR",
        [(each.productid, "1", "all", "National", each.categoryid, each.name, "") for each in shop.products],
    )


def land_made_up_shop(
    lake: Path, *, users: int = 60, products: int = 150, orders: int = 600, views: int = 2000
) -> None:
    """A generated shop: its products, orders and views."""
    shop = make_shop(users=users, products=products, seed=1)
    ordered = list(made_up_orders(shop, orders=orders, months=Months(UNTIL, 14), seed=1))
    seen = datetime(2026, 11, 20)  # noqa: DTZ001 - the lake's times are UTC without saying so
    land(
        lake / "shop" / "products",
        "product_id VARCHAR, category_id VARCHAR, name VARCHAR, price DECIMAL(12,2), created_at TIMESTAMP, "
        "in_stock BOOLEAN, changed_at TIMESTAMP, is_deleted BOOLEAN",
        [
            (each.productid, each.categoryid, each.name, each.price, datetime(2024, 1, 1), True, seen, False)  # noqa: DTZ001
            for each in shop.products
        ],
    )
    land(
        lake / "shop" / "orders",
        "order_id VARCHAR, user_id VARCHAR, ordered_at TIMESTAMP, changed_at TIMESTAMP, is_deleted BOOLEAN",
        [(each.orderid, each.userid, _time(each.time), seen, False) for each in ordered],
    )
    land(
        lake / "shop" / "order_items",
        "order_id VARCHAR, product_id VARCHAR, quantity BIGINT, changed_at TIMESTAMP, is_deleted BOOLEAN",
        [(each.orderid, product, count, seen, False) for each in ordered for product, count in each.lines.items()],
    )
    viewed = list(product_views(shop, views=views, period=Period(UNTIL, 4), seed=1))
    land(
        lake / "events" / "product_views",
        "message_id VARCHAR, user_id VARCHAR, product_id VARCHAR, source VARCHAR, viewed_at TIMESTAMP",
        [(each.messageid, each.userid, each.productid, each.source, _time(each.time)) for each in viewed],
    )
    # One of two products that are shown is viewed an hour later.
    land(
        lake / "events" / "recommendations_shown",
        "recommendation_id VARCHAR, user_id VARCHAR, endpoint VARCHAR, products VARCHAR[], sources VARCHAR[],"
        " shown_at TIMESTAMP",
        [
            (
                *(each.messageid, each.userid, "user_history_recommendations"),
                f"[{each.productid}, {shop.products[0].productid}]",
                "[viewed-together, best-sellers]",
                _time(each.time - 3_600_000),
            )
            for each in viewed[::10]
        ],
    )


def land(folder: Path, columns: str, rows: Iterable[Sequence[object]], name: str = "load") -> None:
    """Rows as one Parquet file; `columns` with their types, as in CREATE TABLE. None is an empty value."""
    names = [column.split()[0] for column in re.split(r",\s*(?![^(]*\))", columns)]
    types = [column.split()[1] for column in re.split(r",\s*(?![^(]*\))", columns)]
    with duckdb.connect() as connection, tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        csv.writer(file).writerows(rows)
        file.flush()
        given = ", ".join(f"'{column}': '{kind}'" for column, kind in zip(names, types, strict=True))
        select = f"SELECT * FROM read_csv('{file.name}', header = false, auto_detect = false, columns = {{{given}}})"
        _copy(connection, select, folder, name)


def _copy(
    connection: duckdb.DuckDBPyConnection, select: str, folder: Path, name: str = "load", *, by_month: bool = False
) -> None:
    """Writes the rows, and lists them as a load that counts."""
    folder.mkdir(parents=True, exist_ok=True)
    target = f"'{folder}' (FORMAT parquet, PARTITION_BY (month))" if by_month else f"'{folder}/{name}.parquet'"
    before = set(folder.rglob("*.parquet"))
    connection.execute(f"COPY (SELECT *, '{name}' AS _load_id FROM ({select})) TO {target}")
    lake = folder.parents[1]
    files = sorted(str(file.relative_to(lake)) for file in {*folder.rglob("*.parquet")} - before)
    loads = lake / "_loads" / folder.parent.name / f"{folder.name}.jsonl"
    loads.parent.mkdir(parents=True, exist_ok=True)
    with loads.open("a") as file:
        load = {"load_id": name, "of": name, "landed_at": "2026-11-20T00:00:00Z", "rows": 1, "rejected": 2}
        load["files"] = files
        file.write(json.dumps(load) + "\n")


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)
