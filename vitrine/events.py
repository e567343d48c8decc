"""A product view: its schema, JSON in and out, and what makes one invalid.

The rules are the same at every boundary (producer, API, consumer). `python -m vitrine.events` prints
them as JSON Schema: docs/product-view.schema.json.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from vitrine.errors import InvalidEventError

_ID_CHARACTERS = r"[A-Za-z0-9._~:@+-]{1,128}"
ID_PATTERN = f"^{_ID_CHARACTERS}$"
ID_RULE = "1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -"
# The clock of a shopper's device may be a little fast. A time further ahead than this is an error.
MAX_FUTURE_SECONDS = 300.0
# Below the 1 MiB of a Kafka message, with room for its key and headers.
MAX_EVENT_BYTES = 900_000
# Postgres keeps no character of code 0, and none of the others belongs into a word that dashboards and logs show.
SOURCE_RULE = "1 to 128 characters, none of them a control character"
_NO_CONTROLS = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"

# The pattern stands in the JSON Schema only: decode() checks the three ids of a view with one match, which takes a
# third of the time of msgspec's three.
Id = Annotated[str, Meta(description=ID_RULE, extra_json_schema={"pattern": ID_PATTERN})]
Timestamp = Annotated[
    str,
    Meta(
        description="ISO 8601; without an offset it is UTC; absent: the time of the Kafka record",
        extra_json_schema={"format": "date-time"},
    ),
]


class Properties(msgspec.Struct, frozen=True, gc=False):
    """What was viewed."""

    productid: Id


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where it was viewed."""

    source: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            description='Such as "desktop" or "mobile-web"',
            extra_json_schema={"pattern": _NO_CONTROLS},
        ),
    ]


class ProductView(msgspec.Struct, frozen=True, gc=False):
    """A shopper looked at a product. Unknown fields are allowed; they stay in the Kafka message and are not stored."""

    event: Literal["ProductView"]
    messageid: Id
    userid: Id
    properties: Properties
    context: Context
    timestamp: Timestamp | None = None


_SAID_AT_MOST = 300
_decoder = msgspec.json.Decoder(ProductView)
_has_no_controls = re.compile(_NO_CONTROLS).fullmatch
_is_id = re.compile(_ID_CHARACTERS).fullmatch
_are_three_ids = re.compile(f"{_ID_CHARACTERS} {_ID_CHARACTERS} {_ID_CHARACTERS}").fullmatch
# datetime.fromisoformat alone accepts odd endings, such as a letter or a NUL after the seconds.
_looks_like_a_time = re.compile(r"[0-9W-]{7,10}([Tt ][0-9:.,]{2,18}(Z|[+-][0-9:.]{2,15})?)?").fullmatch


def is_id(text: str) -> bool:
    """Whether a text may be a user, product or message id."""
    return _is_id(text) is not None


def parse(raw: bytes | msgspec.Raw, *, now: float) -> ProductView:
    """One view from its JSON text, with its time checked against `now` (Unix seconds).

    Raises InvalidEventError, whose message says what is wrong with which field.
    """
    view = decode(raw)
    if view.timestamp is not None:
        viewed_at(view, record_time=now, now=now)
    return view


def decode(raw: bytes | msgspec.Raw) -> ProductView:
    """One view from its JSON text; viewed_at() checks its time. Raises InvalidEventError."""
    if len(raw) > MAX_EVENT_BYTES:
        raise InvalidEventError(f"larger than {MAX_EVENT_BYTES} bytes: {len(raw)}")
    try:
        view = _decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise not_decoded(error) from None
    if _are_three_ids(f"{view.messageid} {view.userid} {view.properties.productid}") is None:
        # One of these raises.
        check_id("messageid", view.messageid)
        check_id("userid", view.userid)
        check_id("properties.productid", view.properties.productid)
    check_source(view.context)
    return view


def not_decoded(error: Exception) -> InvalidEventError:
    """What the decoder says of a text that it cannot read, in a sentence of ours."""
    if isinstance(error, RecursionError):
        return InvalidEventError("nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return InvalidEventError("not UTF-8 text")
    # The name of an event that is none stands in it, as it came.
    text = str(error) if len(str(error)) <= _SAID_AT_MOST else f"{str(error)[:_SAID_AT_MOST]}…"
    return InvalidEventError(text if text.isprintable() else ascii(text)[1:-1])


def check_id(field: str, value: str) -> None:
    """Raises InvalidEventError for what is no id; `field` is where it stands."""
    if _is_id(value) is None:
        raise InvalidEventError(f"not {ID_RULE}: {value[:140]!r} - at `$.{field}`")


def check_source(context: Context) -> None:
    """Raises InvalidEventError for a source with control characters in it."""
    # What is printable needs no match, which takes four times as long.
    if not context.source.isprintable() and _has_no_controls(context.source) is None:
        raise InvalidEventError(f"not {SOURCE_RULE}: {context.source!r} - at `$.context.source`")


def viewed_at(view: ProductView, *, record_time: float, now: float) -> float:
    """The time of a view in Unix seconds: its timestamp, else that of its Kafka record.

    Raises InvalidEventError if it is not a time, or is more than five minutes after `now`.
    """
    return occurred_at(view.timestamp, record_time=record_time, now=now)


def occurred_at(timestamp: str | None, *, record_time: float, now: float) -> float:
    """The time of an event with this timestamp, or without one; as viewed_at() says."""
    time = record_time if timestamp is None else parse_time(timestamp)
    if time > now + MAX_FUTURE_SECONDS:
        where = "the Kafka record's time" if timestamp is None else f"{timestamp[:64]!r} - at `$.timestamp`"
        raise InvalidEventError(f"more than 5 minutes in the future: {where}")
    return time


def parse_time(text: str) -> float:
    """Unix seconds of an ISO 8601 time; without an offset it is UTC. Raises InvalidEventError."""
    if _looks_like_a_time(text):
        with suppress(ValueError, OverflowError):
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    raise InvalidEventError(f"not an ISO 8601 time: {text[:64]!r} - at `$.timestamp`")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an event."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(ProductView)}


if __name__ == "__main__":
    import sys

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
