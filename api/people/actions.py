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
from vitrine.streaming import Erasure


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
    visitors: Sequence[Erasable] = ()
    with suppress(StorageUnavailableError):
        visitors = servers.cassandra.call(people.erasable, servers.people(), person, until=own.erased_at)
    theirs = [Erasure.up_to(each.userid, each.until) for each in visitors]
    servers.kafka.call(servers.erasures().publish, [*theirs, own])
    parts: dict[str, Part] = {}
    with suppress(StorageUnavailableError):
        # First, while it is known who was who.
        for visitor in visitors:
            servers.cassandra.call(people.keep_for_others, servers.people(), person, visitor, now=now)
        parts = servers.cassandra.call(online.erase, servers.people(), own, person, now=now, also_later=True)
        for visitor, erasure in zip(visitors, theirs, strict=True):
            is_whole = not visitor.is_shared
            servers.cassandra.call(
                online.erase, servers.people(), erasure, visitor.userid, now=now, also_later=is_whole
            )
    return selectors.made_receipt(own, parts)


def merge(*, visitorid: str, userid: str, at: float, now: float) -> None:
    """What a visitor viewed is the customer's from the next answer on, back to who was identified before.

    `at` is the moment of the identification, both are Unix seconds. Doing it again changes nothing. Raises
    StorageUnavailableError; asking again is safe.
    """
    servers.cassandra.call(servers.people().identities.join, visitorid, userid, at=at, now=now)


def unmerge(*, visitorid: str, userid: str, now: float) -> bool:
    """A visitor is not this customer, and never was; whether they were merged. `now` is Unix seconds.

    Raises StorageUnavailableError; asking again is safe.
    """
    return servers.cassandra.call(servers.people().identities.part, visitorid, userid, now=now)
