"""What to recommend to each household and customer from what they bought, by the code that serves shoppers.

A model of its own learns purchases as the shop's learns views. What it says is blended with best sellers and with what
an owner buys often.
"""

import csv
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from vitrine.analytics.purchases import buys_first, buys_next
from vitrine.analytics.warehouse import scratch_folder
from vitrine.learning import LINEAR, Events, Model, Policy, Size
from vitrine.recommending import (
    Assortment,
    BestSellerLists,
    Candidate,
    Catalogue,
    History,
    ModelCache,
    Product,
)

LENGTH = 10
# The newest purchases of a source are held back, to see whether what is recommended is what is bought.
HELD_BACK = timedelta(days=14)
# How many lists of ten hold something that is bought, and how many of those without what was bought before hold
# something that is bought for the first time.
MEASURE, MEASURE_OF_NEW = "HR@10", "HR@10, new products"
# As in the shop; and over a quarter, which says more where most sell a few pieces a month.
_MONTH, _QUARTER = timedelta(days=30), timedelta(days=90)
_BEST_SELLERS = 200
_BATCH = 100_000
# A session of views ends after half an hour, one of purchases after sixty days: baskets alone are too small to learn
# from. With times divided by this, HR@10 is 0.026 instead of 0.009 (completejourney's sample).
_SLOWER = 2880
# Nobody who buys is a robot.
_POLICY = Policy(max_views_a_day=2**31 - 1)
# Who views wants something rarer than who buys groceries: with the weight of views (-0.4) HR@10 is 0.026, with this one
# 0.076. From 0.5 to 4 it is the same.
_SCORER = LINEAR._replace(popularity=1.0)
# The sources speak of views.
_NAMES = {"viewed-together": "bought-together", "most-viewed": "most-bought", "viewed-lately": "bought-before"}


class Shoppers(NamedTuple):
    """Who buys, and the SQL of their purchases (owner_id, product_id, ordered_at, quantity) and of what there is to buy
    (product_id, category, created_at, price, in_stock)."""

    source: str
    owner_kind: str
    purchases: str
    products: str


SHOPPERS = (
    Shoppers(
        "completejourney",
        "household",
        "SELECT household_id AS owner_id, product_id, ordered_at, quantity"
        " FROM staging.stg_completejourney__transactions WHERE quantity > 0",
        # What nobody ever bought is hardly to be had in these stores.
        "SELECT product_id, any_value(category), NULL, NULL, true"
        " FROM staging.stg_completejourney__transactions LEFT JOIN staging.stg_completejourney__products"
        " USING (product_id) WHERE quantity > 0 GROUP BY product_id",
    ),
    Shoppers(
        "shop",
        "customer",
        "SELECT user_id AS owner_id, product_id, ordered_at, quantity"
        " FROM staging.stg_shop__order_items JOIN staging.stg_shop__orders USING (order_id)",
        "SELECT product_id, category_id, created_at, price, in_stock FROM staging.stg_shop__products",
    ),
)


class Recommended(NamedTuple):
    """A row of learned.recommendations."""

    source: str
    owner_kind: str
    owner_id: str
    rank: int
    product_id: str
    score: float
    came_from: str
    reason: str


class Quality(NamedTuple):
    """A row of learned.recommender_quality."""

    source: str
    recommender: str
    measure: str
    learned_until: datetime
    questions: int
    score: float
    standard_error: float | None


def recommend_to_all(connection: duckdb.DuckDBPyConnection) -> Iterator[Recommended]:
    """Ten products for each owner with a purchase."""
    for shoppers in SHOPPERS:
        newest = _newest(connection, shoppers)
        if newest is None:
            continue
        now = newest + timedelta(seconds=1)
        with _assortment(connection, shoppers, until=now) as assortment:
            for owner, views in _histories(connection, shoppers, until=now):
                shown = buys_next(History(views, _unix(now)), assortment, limit=LENGTH)
                for rank, candidate in enumerate(shown, 1):
                    yield _row(shoppers, owner, rank, candidate)


def measure(connection: duckdb.DuckDBPyConnection, *, earlier: timedelta = timedelta()) -> Iterator[Quality]:
    """How good such lists are, learned from what was bought before the time that is held back, beside best sellers.

    `earlier`: as if nothing had been bought for so long, to choose settings by. Nothing where nobody could be asked.
    """
    for shoppers in SHOPPERS:
        newest = _newest(connection, shoppers)
        if newest is not None:
            end = newest - earlier
            yield from _measure(connection, shoppers, until=end - HELD_BACK, end=end)


def write(connection: duckdb.DuckDBPyConnection, recommended: Iterator[Recommended], quality: Iterator[Quality]) -> int:
    """Replaces what is in the warehouse, all at once; returns how many recommendations there are."""
    connection.execute("BEGIN")
    count = _replace(connection, "recommendations", Recommended._fields, recommended)
    _replace(connection, "recommender_quality", Quality._fields, quality)
    connection.execute("COMMIT")
    return count


def _measure(
    connection: duckdb.DuckDBPyConnection, shoppers: Shoppers, *, until: datetime, end: datetime
) -> Iterator[Quality]:
    bought = _bought(connection, shoppers, until, end)
    hits: dict[tuple[str, str], list[bool]] = {}
    with _assortment(connection, shoppers, until=until) as assortment:
        categories = assortment.catalogue.categories
        best_sellers = {
            "best sellers": _best_sellers(connection, shoppers, until, categories, of=_MONTH).overall,
            "best sellers, 90 days": assortment.best_sellers.overall,
        }
        for owner, purchases in _histories(connection, shoppers, until=until):
            if owner in bought:
                history = History(purchases, _unix(until))
                for recommender, measure, is_hit in _hits(history, assortment, best_sellers, bought[owner]):
                    hits.setdefault((recommender, measure), []).append(is_hit)
    for (recommender, measure), found in hits.items():
        yield _quality(shoppers.source, recommender, measure, until, found)


def _hits(
    history: History, assortment: Assortment, best_sellers: Mapping[str, Sequence[str]], bought: frozenset[str]
) -> Iterator[tuple[str, str, bool]]:
    """(recommender, measure, whether one of its ten was bought) of one owner."""
    before = {product for product, _ in history.views}
    shown = buys_next(history, assortment, limit=LENGTH, reasons=False)
    yield "vitrine", MEASURE, any(each.product in bought for each in shown)
    for name, ranked in best_sellers.items():
        yield name, MEASURE, not bought.isdisjoint(ranked[:LENGTH])
    if new := bought - before:
        shown = buys_first(history, assortment, limit=LENGTH, reasons=False)
        yield "vitrine", MEASURE_OF_NEW, any(each.product in new for each in shown)
        for name, ranked in best_sellers.items():
            unbought = [product for product in ranked if product not in before]
            yield name, MEASURE_OF_NEW, not new.isdisjoint(unbought[:LENGTH])


def _quality(source: str, recommender: str, measure: str, until: datetime, hits: Sequence[bool]) -> Quality:
    rate = sum(hits) / len(hits)
    error = math.sqrt(rate * (1 - rate) / (len(hits) - 1)) if len(hits) > 1 else None
    return Quality(source, recommender, measure, until, len(hits), round(rate, 6), error and round(error, 6))


@contextmanager
def _assortment(connection: duckdb.DuckDBPyConnection, shoppers: Shoppers, *, until: datetime) -> Iterator[Assortment]:
    """What there is to show, as of a time, with a model that has learned what was bought before it."""
    catalogue = Catalogue.of(Product(*row) for row in connection.execute(shoppers.products).fetchall())
    lists = _best_sellers(connection, shoppers, until, catalogue.categories, of=_QUARTER)
    with tempfile.TemporaryDirectory(dir=scratch_folder(connection)) as folder:
        model = Model.open(Path(folder), Size(products=max(1_000, len(catalogue.newest))), policy=_POLICY, seed=0)
        try:
            for events in _purchases(connection, shoppers, until):
                model.learn(events)
            learned = ModelCache(Path(folder)).current(catalogue)
            yield Assortment(catalogue, lists, learned and replace(learned, scorer=_SCORER))
        finally:
            model.close()


def _purchases(connection: duckdb.DuckDBPyConnection, shoppers: Shoppers, until: datetime) -> Iterator[Events]:
    """In order of time, which passes slowly; the ids are numbers, as each is new."""
    rows = connection.cursor().execute(
        f"SELECT owner_id, product_id, epoch(ordered_at) / {_SLOWER} FROM ({shoppers.purchases}) WHERE ordered_at < ?"
        " ORDER BY ordered_at, owner_id, product_id",
        [until],
    )
    number = 0
    while batch := rows.fetchmany(_BATCH):
        owners, products, times = zip(*batch, strict=True)
        yield Events(owners, products, [str(number + place) for place in range(len(batch))], times)
        number += len(batch)


def _histories(
    connection: duckdb.DuckDBPyConnection, shoppers: Shoppers, *, until: datetime
) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Of each owner what was bought before a time, newest first, with its Unix seconds."""
    rows = connection.cursor().execute(
        "SELECT owner_id, list(product_id ORDER BY ordered_at DESC, product_id),"
        " list(epoch(ordered_at) ORDER BY ordered_at DESC, product_id)"
        f" FROM ({shoppers.purchases}) WHERE ordered_at < ? GROUP BY owner_id ORDER BY owner_id",
        [until],
    )
    while batch := rows.fetchmany(1_000):
        for owner, products, times in batch:
            yield owner, list(zip(products, times, strict=True))


def _bought(
    connection: duckdb.DuckDBPyConnection, shoppers: Shoppers, since: datetime, until: datetime
) -> Mapping[str, frozenset[str]]:
    rows = connection.execute(
        f"SELECT owner_id, list(DISTINCT product_id) FROM ({shoppers.purchases})"
        " WHERE ordered_at >= ? AND ordered_at <= ? GROUP BY owner_id",
        [since, until],
    )
    return {owner: frozenset(products) for owner, products in rows.fetchall()}


def _best_sellers(
    connection: duckdb.DuckDBPyConnection,
    shoppers: Shoppers,
    until: datetime,
    categories: Mapping[str, str | None],
    *,
    of: timedelta,
) -> BestSellerLists:
    """Of the last days: by distinct buyers, then quantity, then product id, as in the shop."""
    rows = connection.execute(
        f"SELECT product_id FROM ({shoppers.purchases}) WHERE ordered_at >= ? AND ordered_at < ? GROUP BY product_id"
        " ORDER BY count(DISTINCT owner_id) DESC, sum(quantity) DESC, product_id",
        [until - of, until],
    )
    ranked = [product for (product,) in rows.fetchall()]
    by_category: dict[str, list[str]] = {}
    for product in ranked:
        if category := categories.get(product):
            by_category.setdefault(category, []).append(product)
    return BestSellerLists(f"the last {of.days} days", ranked[:_BEST_SELLERS], by_category)


def _newest(connection: duckdb.DuckDBPyConnection, shoppers: Shoppers) -> datetime | None:
    ((newest,),) = connection.execute(f"SELECT max(ordered_at) FROM ({shoppers.purchases})").fetchall()
    return newest if newest is None or isinstance(newest, datetime) else None


def _row(shoppers: Shoppers, owner: str, rank: int, candidate: Candidate) -> Recommended:
    return Recommended(
        shoppers.source,
        shoppers.owner_kind,
        owner,
        rank,
        candidate.product,
        round(candidate.score, 6),
        _NAMES.get(candidate.source, candidate.source),
        candidate.reason.replace("viewed", "bought"),
    )


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Iterator[Sequence[object]]
) -> int:
    """By way of a file: thousands of INSERTs take a hundred times as long."""
    folder = scratch_folder(connection)
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".csv", newline="", encoding="utf-8") as file:
        writer, count = csv.writer(file), 0
        for row in rows:
            writer.writerow(row)
            count += 1
        file.flush()
        types = ", ".join(f"'{column}': '{_type(connection, table, column)}'" for column in columns)
        connection.execute(f"DELETE FROM learned.{table}")
        # Nothing is to be guessed: of an empty file, where nobody has bought yet, nothing could be.
        options = "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"'"
        connection.execute(
            f"INSERT INTO learned.{table} BY NAME SELECT * FROM read_csv(?, {options}, columns = {{{types}}})",
            [file.name],
        )
    return count


def _type(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> str:
    ((kind,),) = connection.execute(
        "SELECT data_type FROM information_schema.columns"
        " WHERE table_schema = 'learned' AND table_name = ? AND column_name = ?",
        [table, column],
    ).fetchall()
    return str(kind)


def _unix(time: datetime) -> float:
    """Times of the warehouse are UTC without saying so."""
    return time.replace(tzinfo=UTC).timestamp()
