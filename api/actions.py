"""Writes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import msgspec
from prometheus_client import Counter as PrometheusCounter

from api import request_ids, selectors, servers
from api.experiments.taking_part import Part
from vitrine import traces
from vitrine.errors import StreamUnavailableError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics
from vitrine.recommending import Candidate
from vitrine.shop_events import ShopEvent
from vitrine.streaming import EventToSend, position
from vitrine.streaming.messages import REQUEST_ID, UNCOUNTED


def delete_product(*, userid: str, productid: str, now: float) -> bool:
    """Takes a product out of the user's history; returns whether it was in it.

    Either way, views of it made up to `now` (Unix seconds) no longer count, even if they arrive later. Raises
    StorageUnavailableError; the deletion may then have happened, and asking again is safe.
    """
    return servers.cassandra.call(servers.views().delete_product, userid, productid, now=now)


def publish_events(
    *,
    events: Sequence[tuple[ProductView | ShopEvent, bytes]],
    uncounted: Mapping[int, str],
    now: float,
    positions: bool = False,
) -> list[dict[str, object]]:
    """Sends events as the bytes that they came in; returns when the broker has acknowledged them all.

    With `positions` it says where in Kafka each is, in their order.

    `uncounted` are the places of those that teach nobody anything, each with the reason.

    An event without a timestamp gets a time near `now` (Unix seconds). Raises StreamUnavailableError; some may then
    have been sent. Sending all again changes nothing where events carry their timestamp, as the same event then lands
    on the same row; without one, each sending is an event of its own.
    """
    times = record_times([event for event, _ in events], now_ms=int(now * 1000))
    # With these an event can be followed from its request to its row.
    shared = [(REQUEST_ID, request_ids.current()), *traces.carried()]
    sent = [
        EventToSend(
            event.userid,
            text,
            isinstance(event, ProductView),
            times[place],
            [*shared, (UNCOUNTED, uncounted[place])] if place in uncounted else shared,
        )
        for place, (event, text) in enumerate(events)
    ]
    try:
        reports = servers.kafka.call(servers.publisher().publish_events, sent)
    except StreamUnavailableError:
        _count(sent, "unavailable")
        raise
    _count(sent, "accepted")
    if not positions:
        return []
    return [
        {"message-id": event.messageid, "user-id": event.userid, **position(report)._asdict()}
        for (event, _), report in zip(events, reports, strict=True)
    ]


def _count(sent: Sequence[EventToSend], outcome: str) -> None:
    views = sum(each.is_view for each in sent)
    metrics.VIEWS.labels(outcome).inc(views)
    metrics.SHOP_EVENTS.labels(outcome).inc(len(sent) - views)


def record_times(events: Sequence[ProductView | ShopEvent], *, now_ms: int) -> list[int]:
    """The time of each event's Kafka record in Unix milliseconds; 0, which means now, if an event has its own time.

    Events of one user without a time keep the order in which they are given: the last was made now, each before it a
    millisecond earlier. None is later than now, because a deletion made now has to hide them.
    """
    times: list[int] = []
    later: Counter[str] = Counter()
    for event in reversed(events):
        if event.timestamp is None:
            times.append(now_ms - later[event.userid])
            later[event.userid] += 1
        else:
            times.append(0)
    return times[::-1]


def note_shown(  # noqa: PLR0913 - all by name
    *,
    recommendationid: str,
    userid: str | None,
    endpoint: str,
    placement: str | None,
    part: Part | None,
    recommendations: Sequence[Candidate],
    now: float,
) -> None:
    """Tells a topic what is shown, so that what becomes of it can be traced. Nobody waits for it, or fails with it.

    `part` is that in an experiment.
    """
    sources = [each.source for each in recommendations]
    message = {
        "recommendation-id": recommendationid,
        "user-id": userid,
        "endpoint": endpoint,
        "placement": placement,
        "experiment": part and part.experiment.name,
        "arm": part and part.arm.name,
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
