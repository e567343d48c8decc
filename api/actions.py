"""Writes."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from api import selectors, servers
from vitrine.events import ProductView
from vitrine.recommending import Candidate


def delete_product(*, userid: str, productid: str, now: float) -> bool:
    """Takes a product out of the user's history; returns whether it was in it.

    Either way, views of it made up to `now` (Unix seconds) no longer count, even if they arrive later. Raises
    StorageUnavailableError; the deletion may then have happened, and asking again is safe.
    """
    return servers.cassandra.call(servers.views().delete_product, userid, productid, now=now)


def publish_views(*, views: Sequence[tuple[ProductView, bytes]], now: float) -> None:
    """Sends views as the bytes that they came in; returns when the broker has acknowledged them all.

    A view without a timestamp gets a time near `now` (Unix seconds). Raises StreamUnavailableError; some may then have
    been sent. Sending all again changes nothing where views carry their timestamp, as the same view then lands on the
    same row; without one, each sending is a view of its own.
    """
    texts = [(view.userid, text) for view, text in views]
    times = record_times([view for view, _ in views], now_ms=int(now * 1000))
    servers.kafka.call(servers.publisher().publish, texts, times)


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
    message = {
        "recommendation-id": recommendationid,
        "user-id": userid,
        "endpoint": endpoint,
        "products": [each.product for each in recommendations],
        "sources": [each.source for each in recommendations],
        "model": selectors.model_state(now=now),
        "shown-at": datetime.fromtimestamp(now, UTC),
    }
    servers.shown().publish(userid, msgspec.json.encode(message))
