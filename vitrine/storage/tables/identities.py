"""Which visitors were which customers, in Cassandra."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, cast

from cassandra.cluster import ResultSet

from vitrine.events import MAX_FUTURE_SECONDS
from vitrine.identity import Identification
from vitrine.storage.driver.bulk import ids, scan
from vitrine.storage.driver.connection import WRITE_PROFILE, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds

# A history is read by so many visitors and identifications at most: more than anybody has.
VISITORS_MOST = 1000
IDENTIFICATIONS_MOST = 5000
# Of the visitors that a customer was, the latest so many are read for an answer.
VISITORS_MERGED = 20
# A visitor was identified as a customer, and as no other, from one moment to another.
SPAN = ("visitorid", "userid", "first_at", "last_at")


class Visitor(NamedTuple):
    """A visitor of a customer, and when they were last identified as such; the time is the driver's."""

    visitorid: str
    identified_at: datetime


class IdentityStore:
    """The tables identifications and visitors. Every method raises StorageUnavailableError.

    The write time is the moment of the identification: whatever comes late, or again, changes nothing.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        using = ("TIMESTAMP", "TTL")
        columns = ("visitorid", "first_at", "userid", "last_at")
        self._identify = link.statement(insert("identifications", columns, using=using))
        self._note = link.statement(insert("visitors", ("userid", "visitorid", "identified_at"), using=using))
        # One in each table that is read for an answer.
        self._mark_views = link.statement(
            "UPDATE {keyspace}.product_views USING TIMESTAMP ? AND TTL ? SET has_visitors = true WHERE userid = ?"
        )
        self._mark_cart = link.statement(
            "UPDATE {keyspace}.carts USING TIMESTAMP ? AND TTL ? SET has_visitors = true WHERE userid = ?"
        )
        self._visitors = link.statement(select("visitors", ("visitorid", "identified_at"), where="userid = ?"))
        self._identifications = link.statement(
            select("identifications", ("first_at", "userid", "last_at"), where="visitorid = ?")
        )
        self._part = link.statement(
            "DELETE FROM {keyspace}.identifications USING TIMESTAMP ?"
            " WHERE visitorid = ? AND first_at = ? AND userid = ?"
        )
        self._before = link.statement(
            select("identifications", ("first_at", "userid"), where="visitorid = ? AND first_at <= ? LIMIT 1")
        )
        self._forget_visitor = link.statement(
            "DELETE FROM {keyspace}.visitors USING TIMESTAMP ? WHERE userid = ? AND visitorid = ?"
        )
        self._forget_visitors = link.statement("DELETE FROM {keyspace}.visitors USING TIMESTAMP ? WHERE userid = ?")
        self._forget_identifications = link.statement(
            "DELETE FROM {keyspace}.identifications USING TIMESTAMP ? WHERE visitorid = ?"
        )
        self._all = link.statement(
            select("identifications", SPAN, where="token(visitorid) > ? AND token(visitorid) <= ?")
        )
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.visitors")
        self._visitorids = link.statement("SELECT DISTINCT visitorid FROM {keyspace}.identifications")

    def join(self, visitorid: str, userid: str, *, at: float, now: float) -> None:
        """A visitor was identified as a customer at a moment; times are Unix seconds.

        It is kept for twice the retention, so that it outlives what is viewed as the visitor for as long as a view is
        kept after it. Doing it again changes nothing.
        """
        retention = self._link.settings.view_retention_days * 86400
        ttl = int(at + 2 * retention + MAX_FUTURE_SECONDS - now) + 1
        if ttl <= 0:
            return
        milliseconds = round(at * 1000)
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
        with driver_errors():
            # First what is asked first, so that nothing is there that is not looked for.
            for mark in (self._mark_views, self._mark_cart):
                self._execute(mark, milliseconds * 1000, ttl, userid)
            before = self._execute(self._before, visitorid, moment).one()
            first = before[0] if before is not None and before[1] == userid else moment
            self._execute(self._note, userid, visitorid, moment, milliseconds * 1000, ttl)
            self._execute(self._identify, visitorid, first, userid, moment, milliseconds * 1000, ttl)

    def forget(self, visitorid: str, userid: str, *, until: int) -> None:
        """Of a pair that was joined up to `until` (Unix milliseconds), and of no other, nothing is known any more."""
        with driver_errors():
            self._delete(visitorid, userid, self._spans(visitorid, userid), until * 1000)

    def part(self, visitorid: str, userid: str, *, now: float) -> bool:
        """A visitor is not this customer, and never was; whether they were joined. `now` is Unix seconds."""
        with driver_errors():
            found = self._spans(visitorid, userid)
            if found:
                # One from a fast clock is later than now.
                latest = max(microseconds(last) for _, last in found)
                self._delete(visitorid, userid, found, max(round(now * 1_000_000), latest))
        return bool(found)

    def visitors(self, userid: str, *, most: int | None = None) -> list[Visitor]:
        """Of a customer, the latest first; of whoever has more than `most`, so many of them."""
        with driver_errors():
            rows = read(self._link, self._visitors, (userid.encode(),), first_page_rows=VISITORS_MOST)
            found = [Visitor(*row) for row in islice(rows, most)]
        return sorted(found, key=lambda each: each.identified_at, reverse=True)

    def merged(self, userid: str) -> list[Visitor]:
        """Those of a customer that are read for an answer, the latest first."""
        return self.visitors(userid, most=VISITORS_MOST)[:VISITORS_MERGED]

    def identifications(self, visitorid: str) -> list[Identification]:
        """The first and the last of each span in which a visitor was one customer, in the order of time."""
        return self.ask_identifications(visitorid)()

    def ask_identifications(self, visitorid: str) -> Callable[[], list[Identification]]:
        """Asks at once; the function gives the answer."""
        with driver_errors():
            rows = self._rows_of(visitorid)

        def answer() -> list[Identification]:
            with driver_errors():
                return sorted({Identification(at, userid) for first, userid, last in rows for at in (first, last)})

        return answer

    def spans(self) -> Iterator[Sequence[tuple[str, str, datetime, datetime]]]:
        """All, page by page, as SPAN; always in the same order."""
        yield from cast(Iterator[Sequence[tuple[str, str, datetime, datetime]]], scan(self._link, self._all))

    def ids(self) -> Iterator[str]:
        """Every customer who was a visitor, and every visitor who was identified."""
        yield from ids(self._link, self._userids)
        yield from ids(self._link, self._visitorids)

    def erase(self, userid: str, *, until: int, also_later: bool) -> int:
        """Forgets who somebody was, customer or visitor, up to `until` (Unix milliseconds) or, `also_later`, at all.

        Returns of how many others they were joined with. Doing it again changes nothing.
        """
        visitors, identifications = self.visitors(userid), self.identifications(userid)
        moments = [each.identified_at for each in visitors] + [each.at for each in identifications]
        write_time = until * 1000
        if also_later:
            write_time = max([write_time, *map(microseconds, moments)])
        with driver_errors():
            for visitor in visitors:
                for first, _ in self._spans(visitor.visitorid, userid):
                    self._execute(self._part, write_time, visitor.visitorid, first, userid)
            for customer in {each.userid for each in identifications}:
                self._execute(self._forget_visitor, write_time, customer, userid)
            self._execute(self._forget_visitors, write_time, userid)
            self._execute(self._forget_identifications, write_time, userid)
        return sum(microseconds(each) <= write_time for each in moments)

    def _delete(self, visitorid: str, userid: str, spans: list[tuple[datetime, datetime]], write_time: int) -> None:
        for first, _ in spans:
            self._execute(self._part, write_time, visitorid, first, userid)
        self._execute(self._forget_visitor, write_time, userid, visitorid)

    def _spans(self, visitorid: str, userid: str) -> list[tuple[datetime, datetime]]:
        """From when to when, each time, a visitor was identified as this customer and no other."""
        return [(first, last) for first, customer, last in self._rows_of(visitorid) if customer == userid]

    def _rows_of(self, visitorid: str) -> Iterator[tuple[datetime, str, datetime]]:
        values = (visitorid.encode(),)
        rows = read(self._link, self._identifications, values, first_page_rows=IDENTIFICATIONS_MOST)
        return islice(cast(Iterator[tuple[datetime, str, datetime]], rows), IDENTIFICATIONS_MOST)

    def _execute(self, statement: Statement, *values: object) -> ResultSet:
        return self._link.session.execute(statement.prepared, values, execution_profile=WRITE_PROFILE)
