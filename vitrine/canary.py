"""The canary: a user who is nobody, whose views only show how long a view takes until it can be read.

The watcher posts them. They pass Kafka and the view consumer like any other; whatever learns, counts or lands what
shoppers did asks `is_canary` and leaves them out.
"""

import uuid
from datetime import UTC, datetime, timedelta

import msgspec

USER = "vitrine:canary"
# How long its views are stored; one a second would otherwise fill one partition for the whole retention.
KEPT_SECONDS = 3600.0


def is_canary(userid: str) -> bool:
    """Whether a view is the watcher's, and not a shopper's."""
    return userid == USER


def view(productid: str, *, now: float, retention_seconds: float) -> bytes:
    """The JSON text of a view of it that is forgotten after an hour.

    Its own time lies in the past, an hour before the retention ends: the newest is still the last one posted. `now` is
    Unix seconds.
    """
    age = retention_seconds - min(KEPT_SECONDS, retention_seconds / 2)
    return msgspec.json.encode(
        {
            "event": "ProductView",
            "messageid": str(uuid.uuid4()),
            "userid": USER,
            "properties": {"productid": productid},
            "context": {"source": "canary"},
            "timestamp": datetime.fromtimestamp(now, UTC) - timedelta(seconds=age),
        }
    )
