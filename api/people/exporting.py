"""All that there is of a person, row by row, so that no history is too long to be given out."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, connections

from api import servers
from api.analytics.database import ALIAS
from api.problems import away
from vitrine.analytics.places import places
from vitrine.erasing.people import Id
from vitrine.errors import ShopDatabaseUnavailableError, UnavailableError
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import digest_of, shown_to

# As long as a topic is looked through for what was shown.
LOOKING_SECONDS = 10.0
# Rows that are sent at once.
ROWS_AT_ONCE = 500

# The names come from the database's own catalogue.
_OF_A_MART = 'SELECT to_jsonb(mart)::text FROM marts."{}" AS mart WHERE {}'

# Each row, and the moment by which it is somebody's of those who shared an id; None where it has none.
Rows = Iterator[tuple[datetime | None, Any]]


class NotAllError(Exception):
    """A part that could not be read to its end in time; the message says why."""


def export(people: Sequence[Id], *, now: float) -> Iterator[bytes]:
    """The document of somebody with these ids, in pieces; `now` is Unix seconds.

    A part whose server goes away is as long as it was read, and `missing` at the end says so: the document is whole
    JSON in any case.
    """
    exported_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    yield b'{"person":%b,"exported-at":%b' % (_json(people[0].userid), _json(exported_at))
    missing: list[dict[str, str]] = []
    for name, rows_of in EXPORTERS.items():
        yield b",%b:[" % _json(name)
        rows = chain.from_iterable(_theirs(rows_of(each.userid, now), each) for each in people)
        yield from _part(name, rows, missing)
        yield b"]"
    yield b',"missing":%b}' % _json(missing)


def _theirs(rows: Rows, person: Id) -> Iterator[Any]:
    """The rows of an id that are this person's; what has no moment cannot be shared out, and is of nobody alone."""
    for moment, row in rows:
        if person.owns(moment) if moment is not None else not person.is_shared:
            yield row


def _part(name: str, rows: Iterator[Any], missing: list[dict[str, str]]) -> Iterator[bytes]:
    texts: list[bytes] = []
    separator = b""
    try:
        for row in rows:
            texts.append(_json(row))
            if len(texts) == ROWS_AT_ONCE:
                yield separator + b",".join(texts)
                texts, separator = [], b","
    except NotAllError as error:
        missing.append({"part": name, "why": str(error)})
    except UnavailableError as error:
        missing.append({"part": name, "why": away(error)})
    if texts:
        yield separator + b",".join(texts)


def _views(person: str, now: float) -> Rows:
    for view in servers.people().views.kept_views(person, now=now):
        yield (
            view.viewed_at,
            {
                "product-id": view.productid,
                "message-id": view.messageid,
                "source": view.source,
                "viewed-at": _utc(view.viewed_at),
                "uncounted": bool(view.uncounted),
            },
        )


def _deletions(person: str, _: float) -> Rows:
    for product, moment in servers.people().views.deletions(person).items():
        yield moment, {"product-id": product, "deleted-at": _utc(moment)}


def _events(person: str, now: float) -> Rows:
    for event in servers.people().events.kept_events(person, now=now):
        yield (
            event.occurred_at,
            {
                "event": event.event,
                "message-id": event.messageid,
                "source": event.source,
                "properties": msgspec.Raw(event.properties.encode()),
                "occurred-at": _utc(event.occurred_at),
                "uncounted": bool(event.uncounted),
            },
        )


def _carts(person: str, _: float) -> Rows:
    for product, moment in servers.people().events.carts.kept(person):
        yield moment, {"product-id": product, "added-at": _utc(moment)}


def _orders(person: str, _: float) -> Rows:
    for line in servers.people().lines.kept_lines(person):
        yield (
            line.ordered_at,
            {
                "order-id": line.orderid,
                "product-id": line.productid,
                "category-id": line.categoryid,
                "quantity": line.quantity,
                "ordered-at": _utc(line.ordered_at),
            },
        )


def _identities(person: str, _: float) -> Rows:
    for visitor in servers.people().identities.visitors(person):
        yield visitor.identified_at, {"visitor-id": visitor.visitorid, "identified-at": _utc(visitor.identified_at)}


def _exposures(person: str, _: float) -> Rows:
    for each in servers.people().exposures.kept(person):
        yield each.exposed_at, {"experiment": each.experiment, "arm": each.arm, "exposed-at": _utc(each.exposed_at)}


def _shown(person: str, _: float) -> Rows:
    """As far as Kafka keeps it and it is found in time; what lay before an erasure is not given out any more."""
    erased = servers.people().erasures.newest(digest_of(person))
    deadline = time.monotonic() + LOOKING_SECONDS
    for found in shown_to(load(KafkaSettings), person):
        for time_of_record, text in found:
            if erased is None or time_of_record > erased.erased_at:
                yield _moment(time_of_record), msgspec.Raw(text)
        if time.monotonic() > deadline:
            raise NotAllError(f"The topic was looked through for {LOOKING_SECONDS:.0f} s, which was not its end.")


def _marts(person: str, _: float) -> Rows:
    """Each row of the published marts that is about the person, with the name of its mart."""
    connection = connections[ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema, table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'marts'"
            )
            columns = cursor.fetchall()
        for place in places(columns, "user"):
            condition = place.condition.format("%s")
            with connection.chunked_cursor() as cursor:
                cursor.execute(_OF_A_MART.format(place.table, condition), [person])
                for (text,) in cursor:
                    yield None, {"mart": place.table, "row": msgspec.Raw(text.encode())}
    except (OperationalError, InterfaceError) as error:
        connection.close()
        raise ShopDatabaseUnavailableError(f"Postgres: {' '.join(str(error).split())}") from error


# In the order of the document; the names are those of vitrine.erasing.stores.
EXPORTERS: dict[str, Callable[[str, float], Rows]] = {
    "views": _views,
    "deletions": _deletions,
    "events": _events,
    "carts": _carts,
    "orders": _orders,
    "identities": _identities,
    "exposures": _exposures,
    "recommendations-shown": _shown,
    "marts": _marts,
}


def _moment(milliseconds: int) -> datetime:
    """As the driver gives it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def _utc(moment: Any) -> str:  # noqa: ANN401 - the driver's datetime, without a zone
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
