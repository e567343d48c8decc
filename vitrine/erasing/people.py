"""Which ids one person has: their own, and those of the visitors that they were.

What a visitor did before and after may be another customer's, who used the same computer (vitrine.identity).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from vitrine.erasing.online import Cassandra
from vitrine.erasing.receipts import done, encode
from vitrine.events import Context, ProductView, Properties
from vitrine.identity import Identification, owner
from vitrine.storage import ViewRow, view_row
from vitrine.storage.driver.times import microseconds, seconds
from vitrine.streaming import Erasure

# The part of an erasure that says whether its visitors are known.
IDENTITIES = "identities"


class Id(NamedTuple):
    """An id under which something of a person is kept; `owns` says of a moment whether what was done then is theirs.

    Moments are the driver's: in UTC, without a zone.
    """

    userid: str
    is_shared: bool
    owns: Callable[[datetime], bool]


class Erasable(NamedTuple):
    """A visitor who is to be erased, with the erasure that it takes."""

    userid: str
    erasure: Erasure
    is_shared: bool


def ids_of(tables: Cassandra, person: str) -> Iterator[Id]:
    """All ids of a person, their own first. Raises StorageUnavailableError."""
    yield Id(person, is_shared=False, owns=lambda _: True)
    for visitor in tables.identities.visitors(person):
        found = tables.identities.identifications(visitor.visitorid)
        yield Id(visitor.visitorid, is_shared=_is_shared(found, person), owns=_ownership(found, person))


def erasable(tables: Cassandra, person: str, *, until: int) -> list[Erasable]:
    """The visitors that are erased together with a person, who is erased up to `until` (Unix milliseconds).

    Of one that several customers were, what was done up to the last time that this person said who they are: an erasure
    has no beginning. let_go() keeps what is another's. Raises StorageUnavailableError.
    """
    found = []
    for visitor in tables.identities.visitors(person):
        identifications = tables.identities.identifications(visitor.visitorid)
        is_theirs_to_the_end = not identifications or identifications[-1].userid == person
        last = until if is_theirs_to_the_end else min(until, _milliseconds(visitor.identified_at))
        erasure = Erasure.up_to(visitor.visitorid, last)
        found.append(Erasable(visitor.visitorid, erasure, _is_shared(identifications, person)))
    return found


def let_go(tables: Cassandra, erasure: Erasure, person: str, visitors: Sequence[Erasable], *, now: float) -> None:
    """What has to be done before a person and the visitors that they were are erased, while it is known who was who.

    Other customers are given, as views of their own, what they viewed as one of these visitors and would lose; nothing
    is learned from it a second time. Then the person's erasure says that the visitors' are in the topic. `now` is Unix
    seconds. Doing it again changes nothing. Raises StorageUnavailableError.
    """
    for visitor in visitors:
        if visitor.is_shared:
            tables.views.write(list(_rows_of_others(tables, person, visitor, now)))
    tables.erasures.add(erasure.digest, erasure.erased_at, erasure.erasure_id)
    tables.erasures.note(erasure.digest, erasure.erased_at, encode({IDENTITIES: done(len(visitors), now=now)}))


def _rows_of_others(tables: Cassandra, person: str, visitor: Erasable, now: float) -> Iterator[ViewRow]:
    identifications = tables.identities.identifications(visitor.userid)
    deleted = tables.views.deletions(visitor.userid)
    for view in tables.views.kept_views(visitor.userid, now=now):
        other = owner(identifications, view.viewed_at)
        if other in {None, person} or _milliseconds(view.viewed_at) > visitor.erasure.erased_at:
            continue
        if view.productid in deleted and view.viewed_at <= deleted[view.productid]:
            continue
        theirs = ProductView(
            "ProductView", view.messageid, str(other), Properties(view.productid), Context(view.source)
        )
        row = view_row(
            theirs,
            time=seconds(view.viewed_at),
            now=now,
            retention_seconds=tables.views.retention_seconds,
            is_uncounted=True,
        )
        if row is not None:
            yield row


def _is_shared(identifications: Sequence[Identification], person: str) -> bool:
    return any(each.userid != person for each in identifications)


def _ownership(identifications: Sequence[Identification], person: str) -> Callable[[datetime], bool]:
    return lambda moment: owner(identifications, moment) == person


def _milliseconds(moment: datetime) -> int:
    return microseconds(moment) // 1000
