"""A shop for benchmarks: what the API reads beside views."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cassandra.concurrent import execute_concurrent_with_args

from vitrine.settings import CassandraSettings, load
from vitrine.storage import Link
from vitrine.storage.driver.connection import BULK_PROFILE

_LIST_LENGTH = 100


def write_shop(products: Sequence[str], categories: int) -> None:
    """A catalogue, the first products the newest, and a hundred best sellers overall and of each category."""
    edition, now = uuid.uuid1(), datetime.now(UTC)
    members = {f"category-{number}": products[number::categories] for number in range(categories)}
    with Link.connected(load(CassandraSettings)) as link:
        session = link.session
        session.set_keyspace(link.keyspace)
        insert = session.prepare("INSERT INTO products (productid, categoryid, created_at) VALUES (?, ?, ?)")
        rows = [
            (product, category, now - timedelta(minutes=place))
            for category, listed in members.items()
            for place, product in enumerate(listed)
        ]
        execute_concurrent_with_args(session, insert, rows, execution_profile=BULK_PROFILE)
        insert = session.prepare("INSERT INTO best_sellers (edition, scope, categoryid, products) VALUES (?, ?, ?, ?)")
        lists = [(edition, "category", category, listed[:_LIST_LENGTH]) for category, listed in members.items()]
        lists.append((edition, "overall", "", products[:_LIST_LENGTH]))
        execute_concurrent_with_args(session, insert, lists, execution_profile=BULK_PROFILE)
        name = "INSERT INTO editions (name, edition, period) VALUES (%s, %s, %s)"
        session.execute(name, ("best_sellers", edition, "2026-10"))
        session.execute(name, ("catalogue", edition, None))
