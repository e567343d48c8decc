"""Postgres -> Cassandra: what sold best in the previous month."""

import logging
from datetime import datetime
from typing import Any

from vitrine.settings import CassandraSettings, ShopDatabaseSettings, load
from vitrine.shop_database.extraction import reading
from vitrine.shop_database.sales_ranking import rank_sales
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.best_sellers import BestSellerStore

logger = logging.getLogger(__name__)


def replace(now: datetime) -> dict[str, Any]:
    """Computes the lists again and replaces them all at once; returns their period ("2026-10") and how many there are.

    `now` has a time zone; it decides which month is the previous one. Raises UnavailableError, and the old lists stay
    then.
    """
    with reading(load(ShopDatabaseSettings)) as cursor:
        found = rank_sales(cursor, now)
    with Link.connected(load(CassandraSettings)) as link:
        BestSellerStore(link).replace(found.period, found.overall, found.by_category)
    summary = {"period": found.period, "products": len(found.overall), "categories": len(found.by_category)}
    logger.info(
        "best sellers of %(period)s: %(products)d overall, lists for %(categories)d categories", summary, extra=summary
    )
    return summary
