"""What sold best in a month, computed where the orders are."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

# An answer has up to 50 products, and skips up to 100 that its user viewed lately.
LENGTH = 200


@dataclass(frozen=True)
class SalesRanking:
    """The best sellers of a calendar month (UTC), best first: by distinct buyers, then quantity, then product id."""

    period: str
    overall: list[str]
    by_category: dict[str, list[str]]


def rank_sales(cursor: Cursor, now: datetime) -> SalesRanking:
    """The best sellers of the month before `now`; if that has no orders, of the latest month before it that has some.

    If only the current month has orders, those of the current month. Empty lists if there are no orders at all.
    """
    this_month = _month_start(now)
    month = _latest_month(cursor, before=this_month) or _latest_month(cursor, before=now)
    if month is None:
        return SalesRanking(f"{this_month - timedelta(days=1):%Y-%m}", [], {})
    cursor.execute(_RANKED, {"month": month, "length": LENGTH})
    overall: list[str] = []
    by_category: dict[str, list[str]] = {}
    for category, product, _ in cursor:
        (overall if category is None else by_category.setdefault(category, [])).append(product)
    return SalesRanking(f"{month:%Y-%m}", overall, by_category)


def _month_start(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _latest_month(cursor: Cursor, before: datetime) -> datetime | None:
    cursor.execute(
        """
        SELECT date_trunc('month', ordered_at, 'UTC') FROM orders
        WHERE ordered_at < %(before)s
            AND EXISTS (SELECT FROM order_items WHERE order_items.order_id = orders.order_id)
        ORDER BY ordered_at DESC LIMIT 1
        """,
        {"before": before},
    )
    row = cursor.fetchone()
    return row[0] if row else None


_RANKED = """
    WITH sold AS (
        SELECT product_id, category_id, count(DISTINCT user_id) AS buyers, sum(quantity) AS quantity
        FROM orders JOIN order_items USING (order_id) JOIN products USING (product_id)
        WHERE ordered_at >= %(month)s AND ordered_at < %(month)s + interval '1 month'
        GROUP BY product_id, category_id
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY category_id ORDER BY buyers DESC, quantity DESC, product_id) AS place,
            row_number() OVER (ORDER BY buyers DESC, quantity DESC, product_id) AS place_overall
        FROM sold
    )
    SELECT NULL, product_id, place_overall FROM ranked WHERE place_overall <= %(length)s
    UNION ALL SELECT category_id, product_id, place FROM ranked WHERE place <= %(length)s
    ORDER BY 3
"""
