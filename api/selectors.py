"""Reads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api import servers
from vitrine.errors import UnavailableError


def latest_products(*, userid: str, limit: int, now: float) -> list[str]:
    """The user's last distinct viewed products, newest view first; empty for a user never seen.

    `now` is Unix seconds. Raises StorageUnavailableError.
    """
    return servers.cassandra.call(servers.views().latest_products, userid, limit=limit, now=now)


def server_states() -> dict[str, bool]:
    """Whether each server behind the API answers now, by name. Takes less than a second."""
    checks = {"cassandra": servers.views().check, "kafka": servers.publisher().check}
    # Side by side: one after the other, two servers that hang would take too long.
    with ThreadPoolExecutor(len(checks)) as pool:
        return dict(zip(checks, pool.map(_answers, checks.values()), strict=True))


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except UnavailableError:
        return False
    return True
