"""Erasing a person, joining a visitor to a customer, and parting them again."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from api import servers
from api.people import selectors
from vitrine.erasing import online, people
from vitrine.erasing.people import Erasable
from vitrine.erasing.receipts import Part
from vitrine.errors import StorageUnavailableError
from vitrine.streaming import Erasure, digest_of


def erase(*, person: str, now: float) -> dict[str, Any]:
    """Erases somebody, and the visitors that they were; returns the receipt.

    It is accepted, whatever follows, once Kafka has it: nothing that was done up to `now` (Unix seconds) counts then;
    up to Cassandra's own time where that is later, as this machine's clock may be slow.
    What Cassandra holds is removed before this returns; where Cassandra is away that is pending, and the DAG `erasures`
    does it. Raises StreamUnavailableError: nothing was done, or, where the acknowledgement alone was lost, it was
    accepted all the same. Asking again makes a new erasure, with a receipt of its own.
    """
    with suppress(StorageUnavailableError):
        now = servers.cassandra.call(servers.people().erasures.later_of, now)
    own = Erasure.of(person, now=now)
    visitors: Sequence[Erasable] | None = None
    with suppress(StorageUnavailableError):
        visitors = servers.cassandra.call(people.erasable, servers.people(), person, until=own.erased_at)
    servers.kafka.call(servers.erasures().publish, [*(each.erasure for each in visitors or ()), own])
    # Without knowing the visitors nothing is begun: once the person is erased nobody would know them any more.
    parts = {} if visitors is None else _erase_from_cassandra(own, person, visitors, now)
    return selectors.made_receipt(own, parts)


def _erase_from_cassandra(own: Erasure, person: str, visitors: Sequence[Erasable], now: float) -> dict[str, Part]:
    """The parts of the person's own; empty where Cassandra went away, which leaves all the rest to the DAG."""
    tables = servers.people()
    with suppress(StorageUnavailableError):
        servers.cassandra.call(people.let_go, tables, own, person, visitors, now=now)
        for visitor in visitors:
            is_to_the_end = visitor.erasure.erased_at == own.erased_at
            servers.cassandra.call(
                online.erase, tables, visitor.erasure, visitor.userid, now=now, also_later=is_to_the_end
            )
        return servers.cassandra.call(online.erase, tables, own, person, now=now, also_later=True)
    return {}


def merge(*, visitorid: str, userid: str, at: float | None, now: float) -> None:
    """What a visitor viewed and has in the cart is the customer's, back to who was identified before.

    It counts from the next answer on. `at` is the moment of the identification, None for now; times are Unix seconds.
    Doing it again changes nothing. Of who was erased since then nothing is joined. Raises StorageUnavailableError;
    asking again is safe.
    """
    servers.cassandra.call(_merge, visitorid, userid, at, now)


def _merge(visitorid: str, userid: str, at: float | None, now: float) -> None:
    tables = servers.people()
    moment = tables.erasures.later_of(now) if at is None else at
    tables.identities.join(visitorid, userid, at=moment, now=now)
    # Afterwards, as an erasure may have been under way: one of the two sees the other.
    for each in (visitorid, userid):
        erased = tables.erasures.newest(digest_of(each))
        if erased is not None and erased.erased_at >= round(moment * 1000):
            tables.identities.forget(visitorid, userid, until=erased.erased_at)


def unmerge(*, visitorid: str, userid: str, now: float) -> bool:
    """A visitor is not this customer, and never was; whether they were merged. `now` is Unix seconds.

    Raises StorageUnavailableError; asking again is safe.
    """
    return servers.cassandra.call(servers.people().identities.part, visitorid, userid, now=now)
