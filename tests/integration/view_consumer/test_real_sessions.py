"""Sessions of RetailRocket's shoppers through Kafka and the consumer, against a model of a few lines."""

import gzip
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.views import publish_views
from tests.integration.storage.keyspaces import await_answers, opened
from tests.integration.view_consumer.flow import Flow, event
from vitrine.streaming import ViewPublisher

SESSIONS = 2000
LIMIT = 10


def sessions(real_data: Path) -> dict[str, list[str]]:
    """Session number -> its products in the order of its clicks."""
    with gzip.open(real_data / "retailrocket" / "train_sessions.txt.gz", "rt") as lines:
        return {f"session-{number}": line.split() for number, line in enumerate(islice(lines, SESSIONS))}


def latest_distinct(products: list[str], limit: int) -> list[str]:
    """The model: products by their last view, newest first."""
    return list(dict.fromkeys(reversed(products)))[:limit]


def test_the_latest_products_of_real_sessions(flow: Flow, real_data: Path) -> None:
    clicked = sessions(real_data)
    start = datetime.now(UTC) - timedelta(days=1)
    # Click by click, so that the sessions are mixed as they are in a shop; each click a second after the one before.
    views = [
        (user, event(user, number, product, timestamp=(start + timedelta(seconds=number)).isoformat()))
        for number in range(max(map(len, clicked.values())))
        for user, products in clicked.items()
        for product in products[number : number + 1]
    ]
    publisher = ViewPublisher(flow.kafka)
    for first in range(0, len(views), 500):
        publish_views(publisher, views[first : first + 500])
    publisher.close()
    with flow.consuming(), opened(flow.cassandra) as store:
        flow.await_done()
        await_answers(store)
        assert flow.count() == sum(map(len, clicked.values())) == len(views)
        for user, products in clicked.items():
            found = store.latest_products(user, limit=LIMIT, now=time.time())
            assert found == latest_distinct(products, LIMIT), user
