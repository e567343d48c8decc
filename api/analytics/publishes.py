"""Which publish is there: remembered for a second, as asking Postgres takes as long as Valkey's answer itself."""

import time
from collections.abc import Callable

from api.analytics import database
from api.analytics.queries import version_query
from api.analytics.resources import Resource
from vitrine.errors import NothingPublishedError

REMEMBERED_SECONDS = 1.0


class Publishes:
    """The id of the publish, by resource. Each worker has its own; `clock` gives seconds.

    A new publish is seen after `REMEMBERED_SECONDS` at the latest: the time counts from before Postgres was asked.
    """

    def __init__(self, read: Callable[[Resource], str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    def latest(self, resource: Resource) -> str:
        """Raises ShopDatabaseUnavailableError, NothingPublishedError."""
        now = self._clock()
        asked_at, publish_id = self._known.get(resource.version, (float("-inf"), ""))
        if now - asked_at >= REMEMBERED_SECONDS:
            publish_id = self._read(resource)
            self._known[resource.version] = now, publish_id
        return publish_id


def read_publish_id(resource: Resource) -> str:
    found = database.rows(version_query(resource))
    if not found:
        raise NothingPublishedError(resource.version)
    return str(found[0][0])


publishes = Publishes(read_publish_id)
