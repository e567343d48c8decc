"""Reads of what was published, as the bytes of an answer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from api.analytics import caching, database
from api.analytics.parameters import Page, cursor_after
from api.analytics.publishes import publishes
from api.analytics.queries import page_query, profile_query, published_profile_query
from api.analytics.resources import DEMOGRAPHICS, HOUSEHOLDS, Kind, Resource
from vitrine.errors import NothingPublishedError

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Answer(NamedTuple):
    """Of which publish it is, and its content."""

    publish_id: str
    content: bytes


class _Publish(NamedTuple):
    """Of a table of profiles, by the number that Postgres gives to each table."""

    table: int
    publish_id: str
    published_at: datetime


# Of the table of each resource, as of the last answer.
_publish_of: dict[str, _Publish] = {}


def publish_id(resource: Resource) -> str:
    """Which publish is there, or was a second ago. Raises ShopDatabaseUnavailableError, NothingPublishedError."""
    return publishes.latest(resource)


def page(*, resource: Resource, page: Page) -> Answer:
    """A page of rows: from Valkey where it has this page of this publish.

    Raises ShopDatabaseUnavailableError, NothingPublishedError.
    """
    if not resource.is_aggregate:
        return _page(resource, page)
    now, question = publish_id(resource), _question(resource, page)
    if (content := caching.kept(now, question)) is not None:
        return Answer(now, content)
    answer = _page(resource, page)
    # Under the publish that the rows are of, which may be a newer one by now.
    caching.keep(answer.publish_id, question, answer.content)
    return answer


def profile(*, resource: Resource, owner: str) -> Answer | None:
    """What is known of one household or customer. Raises ShopDatabaseUnavailableError, NothingPublishedError.

    A bare lookup of the key: which publish its table is of is asked again only of a new table, or when the publish has
    another id than it had, as after an erasure.
    """
    found = database.rows(*profile_query(resource, owner))
    if not found:
        return None
    table, *values = found[0]
    publish = _publish_of.get(resource.name)
    if publish is None or publish.table != table or publish.publish_id != publish_id(resource):
        return _profile_of_new_publish(resource, owner)
    return _profile(resource, publish, values)


def _profile_of_new_publish(resource: Resource, owner: str) -> Answer | None:
    """In one statement, the publish and the row belong together."""
    found = database.rows(*published_profile_query(resource, owner))
    if not found:
        return None
    publish_id, published_at, table, *values = found[0]
    publish = _publish_of[resource.name] = _Publish(table, publish_id, published_at)
    return _profile(resource, publish, values)


def _profile(resource: Resource, publish: _Publish, values: Sequence[Any]) -> Answer:
    row = _row(resource, values)
    if resource is HOUSEHOLDS:
        row["demographics"] = {name: row.pop(name) for name in DEMOGRAPHICS}
    row |= {"publish_id": publish.publish_id, "published_at": publish.published_at}
    return Answer(publish.publish_id, _ENCODER.encode(row))


def _page(resource: Resource, page: Page) -> Answer:
    found = database.rows(*page_query(resource, page))
    if not found:
        raise NothingPublishedError(resource.version)
    publish, published_at, *_ = found[0]
    rows = [_row(resource, values) for _, _, is_row, *values in found if is_row]
    shown = rows[: page.limit]
    following = cursor_after([shown[-1][name] for name in resource.order]) if len(rows) > page.limit else None
    return Answer(
        publish,
        _ENCODER.encode({"publish_id": publish, "published_at": published_at, "rows": shown, "next": following}),
    )


def _row(resource: Resource, values: Sequence[Any]) -> dict[str, Any]:
    return {
        name: _READ[kind](value) if kind in _READ and value is not None else value
        for (name, kind), value in zip(resource.columns.items(), values, strict=True)
    }


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


# What Postgres gives otherwise than it is answered: times without a zone are UTC, JSON comes as its text.
_READ: dict[Kind, Callable[[Any], object]] = {Kind.TIME: _in_utc, Kind.JSON: lambda text: msgspec.Raw(text.encode())}


def _question(resource: Resource, page: Page) -> str:
    filters = sorted((name, str(value)) for name, value in page.filters.items())
    return repr((resource.name, filters, [str(value) for value in page.after or ()], page.limit))
