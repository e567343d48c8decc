"""Reads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api import servers
from vitrine.errors import UnavailableError
from vitrine.recommending import VIEWS_THAT_COUNT, Candidate, History, recommend


def latest_products(*, userid: str, limit: int, now: float) -> list[str]:
    """The user's last distinct viewed products, newest view first; empty for a user never seen.

    `now` is Unix seconds. Raises StorageUnavailableError.
    """
    return servers.cassandra.call(servers.views().latest_products, userid, limit=limit, now=now)


def recommendations(*, userid: str, limit: int, now: float) -> list[Candidate]:
    """`limit` different products for a user, best first; fewer only when the catalogue has fewer.

    The user's views are read from Cassandra; catalogue and best sellers are in memory. `now` is Unix seconds.
    Raises StorageUnavailableError.
    """
    views = servers.cassandra.call(servers.views().latest_views, userid, limit=VIEWS_THAT_COUNT, now=now)
    return recommend(History(views, now), servers.assortment().current(), limit=limit)


def server_states() -> dict[str, bool]:
    """Whether each server behind the API answers now, by name. Takes less than a second."""
    checks = {"cassandra": _check_cassandra, "kafka": servers.publisher().check}
    # Side by side: one after the other, two servers that hang would take too long.
    with ThreadPoolExecutor(len(checks)) as pool:
        return dict(zip(checks, pool.map(_answers, checks.values()), strict=True))


def _check_cassandra() -> None:
    """Raises StorageUnavailableError unless both views and what there is to show can be read."""
    servers.views().check()
    servers.assortment().current()


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except UnavailableError:
        return False
    return True
