"""Writes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import msgspec
from prometheus_client import Counter as PrometheusCounter

from api import request_ids, selectors, servers
from vitrine import traces
from vitrine.errors import StreamUnavailableError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics
from vitrine.recommending import Candidate
from vitrine.streaming.messages import REQUEST_ID, UNCOUNTED


def delete_product(*, userid: str, productid: str, now: float) -> bool:
    """Takes a product out of the user's history; returns whether it was in it.

    Either way, views of it made up to `now` (Unix seconds) no longer count, even if they arrive later. Raises
    StorageUnavailableError; the deletion may then have happened, and asking again is safe.
    """
    return servers.cassandra.call(servers.views().delete_product, userid, productid, now=now)


def publish_views(*, views: Sequence[tuple[ProductView, bytes]], uncounted: Mapping[int, str], now: float) -> None:
    """Sends views as the bytes that they came in; returns when the broker has acknowledged them all.

    `uncounted` are the places of those that teach nobody anything, each with the reason.

    A view without a timestamp gets a time near `now` (Unix seconds). Raises StreamUnavailableError; some may then have
    been sent. Sending all again changes nothing where views carry their timestamp, as the same view then lands on the
    same row; without one, each sending is a view of its own.
    """
    texts = [(view.userid, text) for view, text in views]
    times = record_times([view for view, _ in views], now_ms=int(now * 1000))
    # With these a view can be followed from its request to its row.
    shared = [(REQUEST_ID, request_ids.current()), *traces.carried()]
    headers = [
        [*shared, (UNCOUNTED, uncounted[place])] if place in uncounted else shared for place in range(len(views))
    ]
    try:
        servers.kafka.call(servers.publisher().publish, texts, times, headers=headers)
    except StreamUnavailableError:
        metrics.VIEWS.labels("unavailable").inc(len(views))
        raise
    metrics.VIEWS.labels("accepted").inc(len(views))


def record_times(views: Sequence[ProductView], *, now_ms: int) -> list[int]:
    """The time of each view's Kafka record in Unix milliseconds; 0, which means now, if a view has its own time.

    Views of one user without a time keep the order in which they are given: the last was made now, each before it a
    millisecond earlier. None is later than now, because a deletion made now has to hide them.
    """
    times: list[int] = []
    later: Counter[str] = Counter()
    for view in reversed(views):
        if view.timestamp is None:
            times.append(now_ms - later[view.userid])
            later[view.userid] += 1
        else:
            times.append(0)
    return times[::-1]


def note_shown(
    *,
    recommendationid: str,
    userid: str | None,
    endpoint: str,
    recommendations: Sequence[Candidate],
    now: float,
) -> None:
    """Tells a topic what is shown, so that what becomes of it can be traced. Nobody waits for it, or fails with it."""
    sources = [each.source for each in recommendations]
    message = {
        "recommendation-id": recommendationid,
        "user-id": userid,
        "endpoint": endpoint,
        "products": [each.product for each in recommendations],
        "sources": sources,
        "model": selectors.model_state(now=now),
        "shown-at": datetime.fromtimestamp(now, UTC),
    }
    for source, count in Counter(sources).items():
        _shown_of(endpoint, source).inc(count)
    servers.shown().publish(userid, msgspec.json.encode(message))


@cache
def _shown_of(endpoint: str, source: str) -> PrometheusCounter:
    """The client takes longer to find it than to count."""
    return metrics.RECOMMENDED_PRODUCTS.labels(endpoint, source)
