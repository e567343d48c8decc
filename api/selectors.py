"""Reads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from api import servers
from vitrine import recommending
from vitrine.errors import UnavailableError
from vitrine.learning import Period
from vitrine.recommending import VIEWS_THAT_COUNT, Assortment, Candidate, Filters, History


def latest_products(*, userid: str, limit: int, now: float) -> list[str]:
    """The user's last distinct viewed products, newest view first; empty for a user never seen.

    `now` is Unix seconds. Raises StorageUnavailableError.
    """
    return servers.cassandra.call(servers.views().latest_products, userid, limit=limit, now=now)


def recommendations(*, userid: str, limit: int, filters: Filters, reasons: bool, now: float) -> list[Candidate]:
    """`limit` different products for a user that the filters leave, best first; fewer only where there are fewer.

    The user's views are read now, catalogue and best sellers are held for a few seconds, the model is as of now.
    Without `reasons` they may say less of why. `now` is Unix seconds. Raises StorageUnavailableError.
    """
    views = servers.cassandra.call(servers.views().latest_views, userid, limit=VIEWS_THAT_COUNT, now=now)
    return recommending.recommend(History(views, now), _assortment(), limit=limit, filters=filters, reasons=reasons)


def similar_products(*, productid: str, limit: int, filters: Filters, reasons: bool) -> list[Candidate] | None:
    """What goes with a product; None for one that is not known. Raises StorageUnavailableError."""
    return recommending.similar(productid, _assortment(), limit=limit, filters=filters, reasons=reasons)


def trending_products(*, period: Period, limit: int, filters: Filters, reasons: bool) -> list[Candidate]:
    """What rises now. Raises StorageUnavailableError."""
    return recommending.trending(period, _assortment(), limit=limit, filters=filters, reasons=reasons)


def model_state(*, now: float) -> dict[str, float] | str:
    """Which generation of the model answers, and the seconds since its newest event; "none" where there is none."""
    generation = servers.model().generation()
    if generation is None or (newest := generation.newest) is None:
        return "none"
    return {"generation": generation.number, "age-seconds": round(max(0.0, now - newest), 3)}


def lost_messages() -> int:
    """How many messages of what was shown this process could not send."""
    return servers.shown().lost


def server_states() -> dict[str, bool]:
    """Whether each server behind the API answers now, by name. Takes less than a second."""
    checks = {"cassandra": _check_cassandra, "kafka": servers.publisher().check}
    # Side by side: one after the other, two servers that hang would take too long.
    with ThreadPoolExecutor(len(checks)) as pool:
        return dict(zip(checks, pool.map(_answers, checks.values()), strict=True))


def _assortment() -> Assortment:
    """Raises StorageUnavailableError."""
    held = servers.assortment().current()
    return replace(held, learned=servers.model().current(held.catalogue))


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
