import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vitrine.errors import InvalidEventError
from vitrine.events import MAX_EVENT_BYTES, ProductView, decode, is_id, json_schema, parse, parse_time, viewed_at
from vitrine.settings import PROJECT_FOLDER

NOW = 1_800_000_000.0
ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:@+-"
ID_FIELDS = ["messageid", "userid", "properties.productid"]
IDS = ["a", "user-78", ID_CHARACTERS, "x" * 128, "0", ".", "-", "A:b@c+d~e_f"]
NO_IDS = [
    "",
    "x" * 129,
    "a b",
    "a\n",
    "\na",
    "a\t",
    "a/b",
    "a,b",
    "ü",
    "a\u0660",
    "a\x00",
    "a'b",
    'a"b',
    "a\u2028",
    " ",
]


def event(**changes: object) -> dict[str, Any]:
    """A valid event with some fields changed; `properties.productid` is written with two underscores."""
    made: dict[str, Any] = {
        "event": "ProductView",
        "messageid": "6b1f8b8e-0d5c-4d55-8c1b-3a5c2f1a9a10",
        "userid": "user-78",
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
    }
    for path, value in changes.items():
        *outer, name = path.split("__")
        inner = made[outer[0]] if outer else made
        inner[name] = value
    return made


def text(**changes: object) -> bytes:
    return json.dumps(event(**changes), ensure_ascii=False).encode()


def without(path: str) -> dict[str, Any]:
    made = event()
    *outer, name = path.split(".")
    del (made[outer[0]] if outer else made)[name]
    return made


def reason(raw: bytes | msgspec.Raw) -> str:
    with pytest.raises(InvalidEventError) as caught:
        decode(raw)
    return str(caught.value)


def test_a_valid_event() -> None:
    view = decode(text(timestamp="2026-11-21T10:00:00Z"))
    assert (view.event, view.userid, view.properties.productid, view.context.source, view.timestamp) == (
        "ProductView",
        "user-78",
        "product-173",
        "desktop",
        "2026-11-21T10:00:00Z",
    )


def test_unknown_fields_are_allowed_everywhere() -> None:
    made = event(colour="grün", properties__price=[1, {"a": None}], context__page={"x": 1.5})
    assert decode(json.dumps(made).encode()) == decode(text())


def test_an_event_out_of_a_larger_document() -> None:
    (raw,) = msgspec.json.decode(b"[" + text() + b"]", type=list[msgspec.Raw])
    assert decode(raw) == decode(text())


@pytest.mark.parametrize("path", [*ID_FIELDS, "event", "properties", "context", "context.source"])
def test_a_missing_field_is_named(path: str) -> None:
    assert path.rpartition(".")[2] in reason(json.dumps(without(path)).encode())


@pytest.mark.parametrize("value", [None, 7, 1.5, True, [], {}, ["a"]])
@pytest.mark.parametrize("path", [*ID_FIELDS, "event", "context.source"])
def test_a_field_of_another_type_is_named(path: str, value: object) -> None:
    said = reason(text(**{path.replace(".", "__"): value}))
    assert said.endswith(f"at `$.{path}`"), said


@pytest.mark.parametrize("value", [None, 7, "x", [], ["productid"]])
@pytest.mark.parametrize("path", ["properties", "context"])
def test_a_part_that_is_no_object_is_named(path: str, value: object) -> None:
    assert reason(text(**{path: value})).endswith(f"at `$.{path}`")


@pytest.mark.parametrize("name", ["", "productview", "ProductView ", "Purchase"])
def test_another_event_is_refused(name: str) -> None:
    assert "at `$.event`" in reason(text(event=name))


@pytest.mark.parametrize("path", ID_FIELDS)
@pytest.mark.parametrize("value", IDS)
def test_an_id(path: str, value: str) -> None:
    decode(text(**{path.replace(".", "__"): value}))
    assert is_id(value)


@pytest.mark.parametrize("path", ID_FIELDS)
@pytest.mark.parametrize("value", NO_IDS)
def test_no_id(path: str, value: str) -> None:
    said = reason(text(**{path.replace(".", "__"): value}))
    assert said.endswith(f"at `$.{path}`"), said
    assert said.startswith("not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -")
    assert not is_id(value)


@given(st.text(max_size=140))
def test_ids_are_what_the_rule_says(value: str) -> None:
    allowed = 1 <= len(value) <= 128 and set(value) <= set(ID_CHARACTERS)
    assert is_id(value) is allowed


@pytest.mark.parametrize("source", ["a", "x" * 128, "Küche", "a b"])
def test_a_source(source: str) -> None:
    assert decode(text(context__source=source)).context.source == source


@pytest.mark.parametrize("source", ["", "x" * 129])
def test_a_source_of_another_length_is_refused(source: str) -> None:
    assert "at `$.context.source`" in reason(text(context__source=source))


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"nope", "JSON is malformed"),
        (text() + b"x", "trailing"),
        (b"\xef\xbb\xbf" + text(), "JSON is malformed"),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
        (b"17", "Expected `object`, got `int`"),
        (text(x="nan").replace(b'"nan"', b"NaN"), "JSON is malformed"),
        (text(context__source="\xff").replace("\xff".encode(), b"\xff"), "not UTF-8 text"),
        (text(userid="\xff").replace("\xff".encode(), b"\xff"), "not UTF-8 text"),
        (text().replace(b"desktop", b"\\ud800 and more"), "surrogate"),
        (b'{"x":' + b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_event_is_said(raw: bytes, part: str) -> None:
    assert part in reason(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_view_or_an_invalid_event(raw: bytes) -> None:
    try:
        assert isinstance(decode(raw), ProductView)
    except InvalidEventError as error:
        assert str(error)


@pytest.mark.parametrize("wrap", [bytes, msgspec.Raw])
def test_the_largest_event(wrap: type[bytes] | type[msgspec.Raw]) -> None:
    padding = "x" * (MAX_EVENT_BYTES - len(text(padding="")))
    decode(wrap(text(padding=padding)))
    assert reason(wrap(text(padding=padding + "x"))) == f"larger than {MAX_EVENT_BYTES} bytes: {MAX_EVENT_BYTES + 1}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21 10:00:00.25", datetime(2026, 11, 21, 10, 0, 0, 250_000, UTC)),
        ("2026-11-21T10:00:00,25", datetime(2026, 11, 21, 10, 0, 0, 250_000, UTC)),
        ("2026-11-21T10:00:00.123456789Z", datetime(2026, 11, 21, 10, 0, 0, 123_456, UTC)),
        ("2026-11-21T10:00+03:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2026-11-21T10:00:00-0330", datetime(2026, 11, 21, 13, 30, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("20261121T100000Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-W47-6", datetime(2026, 11, 21, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_iso_8601_time(written: str, expected: datetime) -> None:
    assert parse_time(written) == expected.timestamp()


@given(st.datetimes(), st.integers(-1439, 1439))
def test_a_written_time_is_read_back(time: datetime, minutes: int) -> None:
    aware = time.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_time(aware.isoformat()) == aware.timestamp()
    assert parse_time(time.isoformat()) == time.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "now",
        "1700000000",
        "2026-11-21T10:00:00Z\n",
        " 2026-11-21T10:00:00Z",
        "2026-02-30",
        "2026-13-01",
        "2026-11-21T25:00:00Z",
        "2026-11-21T10:00:00+25:00",
        "\uff12\uff10\uff12\uff16-11-21",
        "2026-11-21T10:00:00\x00Z",
        "2026-11-21T10:00:00xZ",
        "2026-11-21T10:00:00 Z",
        "2026-11-21\x0010:00",
        "21.11.2026",
        "x" * 10_000,
    ],
)
def test_no_time_is_said(written: str) -> None:
    view = decode(text(timestamp=written))
    with pytest.raises(InvalidEventError, match=r"^not an ISO 8601 time: '.{0,130}' - at `\$\.timestamp`$"):
        viewed_at(view, record_time=NOW, now=NOW)


def test_the_time_is_the_events_else_the_records() -> None:
    assert viewed_at(decode(text(timestamp="2026-11-21T10:00:00Z")), record_time=NOW, now=NOW) == 1_795_255_200
    assert viewed_at(decode(text()), record_time=NOW - 7.5, now=NOW) == NOW - 7.5
    assert viewed_at(decode(text(timestamp=None)), record_time=NOW - 7.5, now=NOW) == NOW - 7.5


def test_five_minutes_in_the_future_are_a_clock_and_more_are_an_error() -> None:
    view = decode(text())
    assert viewed_at(view, record_time=NOW + 300, now=NOW) == NOW + 300
    with pytest.raises(InvalidEventError, match="more than 5 minutes in the future: the Kafka record's time"):
        viewed_at(view, record_time=NOW + 300.001, now=NOW)


@pytest.mark.parametrize("written", ["2027-01-15T08:05:00.001Z", "2100-01-01", "9999-12-31T23:59:59-23:59"])
def test_a_time_in_the_future_is_said(written: str) -> None:
    """The last one is in the year 10000 by UTC, which datetime cannot hold."""
    with pytest.raises(InvalidEventError, match=r"more than 5 minutes in the future: '.*' - at `\$\.timestamp`"):
        parse(text(timestamp=written), now=NOW)


def test_a_time_before_the_year_one_is_old() -> None:
    view = decode(text(timestamp="0001-01-01T00:00:00+14:00"))
    assert viewed_at(view, record_time=NOW, now=NOW) < -62_135_596_800


def test_parse_checks_the_time_only_where_there_is_one() -> None:
    assert parse(text(), now=NOW).timestamp is None
    assert parse(text(timestamp="2027-01-15T08:04:59Z"), now=NOW).timestamp == "2027-01-15T08:04:59Z"
    with pytest.raises(InvalidEventError, match="not an ISO 8601 time"):
        parse(text(timestamp="yesterday"), now=NOW)


def test_the_documented_schema_is_the_one_of_the_code() -> None:
    printed = subprocess.run([sys.executable, "-m", "vitrine.events"], check=True, capture_output=True).stdout
    assert json.loads(printed) == json_schema()
    assert (PROJECT_FOLDER / "docs" / "product-view.schema.json").read_bytes() == printed


@pytest.mark.parametrize(
    "document",
    [
        event(),
        event(timestamp="2026-11-21T10:00:00Z"),
        event(timestamp=None),
        event(timestamp=7),
        event(unknown=1, properties__price=1),
        7,
        [],
        None,
        *(without(path) for path in [*ID_FIELDS, "event", "properties", "context", "context.source"]),
        *(event(userid=value) for value in IDS),
        # Python's $ lets a line end pass, other readers of a JSON Schema do not.
        *(event(properties__productid=value) for value in NO_IDS if not value.endswith("\n")),
        *(event(context__source=source) for source in ("", "x" * 128, "x" * 129, "ü")),
        *(event(event=name) for name in ("Purchase", "")),
    ],
)
def test_the_schema_and_the_decoder_agree(document: object) -> None:
    try:
        decode(json.dumps(document).encode())
        is_valid = True
    except InvalidEventError:
        is_valid = False
    Draft202012Validator.check_schema(json_schema())
    assert Draft202012Validator(json_schema()).is_valid(document) is is_valid
