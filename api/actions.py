"""Writes."""

from collections.abc import Sequence

from api import servers


def delete_product(*, userid: str, productid: str, now: float) -> bool:
    """Takes a product out of the user's history; whether it was in it.

    Either way, views of it made up to `now` (Unix seconds) count no more, also when they arrive later. Raises
    StorageUnavailableError; the deletion may then have happened, and asking again is safe.
    """
    return servers.cassandra.call(servers.views().delete_product, userid, productid, now=now)


def publish_views(*, views: Sequence[tuple[str, bytes]]) -> None:
    """Sends (user id, the event's own bytes) pairs; returns when the broker has acknowledged them all.

    Raises StreamUnavailableError; some may then have been sent. Sending all again changes nothing where views
    carry their timestamp, as the same view then lands on the same row.
    """
    servers.kafka.call(servers.publisher().publish, views)
