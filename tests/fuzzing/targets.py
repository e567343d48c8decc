"""What is fuzzed. A target takes any bytes, and raises what is wrong: each refusal has to be one that is declared.

Nothing here knows of atheris: a finding is repeated by calling its target with its bytes.
"""

import base64
import gzip
import io
import logging
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import django
import msgspec
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Message

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
django.setup()

from django.core.exceptions import SuspiciousOperation, ValidationError  # noqa: E402 - Django's settings come first
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from rest_framework.exceptions import APIException  # noqa: E402
from rest_framework.request import Request  # noqa: E402

from api import request_ids, rsgi, servers  # noqa: E402
from api.access import addresses, keys  # noqa: E402
from api.access.authentication import KeyAuthentication  # noqa: E402
from api.access.keyring import HeldSigner, Keyring  # noqa: E402
from api.access.people import require_person  # noqa: E402
from api.access.resources import NewKeyRequest, RotationRequest  # noqa: E402
from api.analytics import queries  # noqa: E402
from api.analytics.parameters import cursor_after, page_parameters  # noqa: E402
from api.analytics.resources import CUSTOMERS, HOUSEHOLDS, LISTS, SALES, Kind  # noqa: E402
from api.rules import resources as rules  # noqa: E402
from api.rules.models import Rule  # noqa: E402
from api.rules.parameters import wanted_list  # noqa: E402
from api.views import parameters  # noqa: E402
from api.views.bodies import json_body  # noqa: E402
from api.views.events import _parse, _split  # noqa: E402
from services.view_consumer.classification import Decode, classify, shop_events_kept_for, views_kept_for  # noqa: E402
from services.view_learner.decoding import decoded  # noqa: E402
from tests.fuzzing.material import ERASURE, MESSAGE, ORDER, PRODUCT, PURCHASES, ROW, SHOWN, VIEW, Source  # noqa: E402
from vitrine import event_files, events, logs, products, shop_events, traces  # noqa: E402
from vitrine.doors import segment  # noqa: E402
from vitrine.errors import InvalidEventError, InvalidFeedError, InvalidProductError  # noqa: E402
from vitrine.feeds import google  # noqa: E402
from vitrine.feeds.items import Refusal  # noqa: E402
from vitrine.lake import events as lake_events  # noqa: E402
from vitrine.learning import Stream  # noqa: E402
from vitrine.settings import ShopDatabaseSettings  # noqa: E402
from vitrine.streaming.erasures import _read  # noqa: E402
from vitrine.streaming.messages import headers_of  # noqa: E402

NOW = 1_800_000_000.0
RETENTION_SECONDS = 90 * 86_400.0
REFUSALS = (APIException, SuspiciousOperation, ValidationError)
PROXIES = addresses.networks(("10.0.0.0/8", "fd00::/8"))
SEGMENT_EVENTS = (
    *(
        "Order Completed",
        "Product Viewed",
        "product_added",
        "Product Removed",
        "Product Clicked",
        "Product List Viewed",
    ),
    *("Products Searched", "Signed Up"),
)
RESOURCES = (HOUSEHOLDS, CUSTOMERS, *SALES.values(), *LISTS)
KEY = keys.new_key("pub")
# A key pair of nobody, which no signature fits.
PEM = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1ZPdzKGukPP5aGASeSLm1lVNHWEC
uzmEas1YnRLg7lU/qKbsvxvR8qTmetW6k7aT+ECxR6Fg3xhI6PbcTQQtsQ==
-----END PUBLIC KEY-----
"""
HEADERS = (
    *("user-id", "product-id", "user-token", "authorization", "x-request-id", "origin", "host", "traceparent"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "if-none-match", "accept"),
    *("content-type", "content-length", "tracestate", "user_id", "x_forwarded_for"),
)
QUERY = (
    *("limit", "explain", "category", "exclude", "in_stock", "price_from", "price_to", "max_per_category", "period"),
    *("placement", "list"),
    *("cursor", "from", "to", "source", "by", "lift_from", "owner_kind", "owner", "product", "segment"),
)
Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")
_formatter = logs.OneLineFormatter(logs.TEXT)


def event(data: bytes) -> None:
    """JSON of views, shop events, purchases, erasures and files of them, also as messages of Kafka."""
    source = Source(data)
    match source.number(4):
        case 0:
            _file(source)
        case 1:
            _one_view(source.rest())
            _one_shop_event(source.json_of(ORDER))
            _one_message_of_segment(source.one_of(SEGMENT_EVENTS), source.json_of(MESSAGE))
        case _:
            _messages(source)


def header(data: bytes) -> None:
    """Heads of requests: keys, tokens, ids, addresses, traces."""
    source = Source(data)
    pairs = [(source.one_of(HEADERS), _header_value(source)) for _ in range(1 + source.number(5))]
    request = _request(pairs)
    given = pairs[0][1]
    answer = request_ids.request_id_middleware(lambda _: HttpResponse())(request._request)
    assert events.is_id(answer.headers["X-Request-ID"])
    sender = addresses.address_of(request._request, PROXIES)
    addresses.is_within(sender, PROXIES)
    assert addresses.origin_of_limits(sender)
    traces.context_of([(name, value) for name, value in pairs])
    try:
        _, access = KeyAuthentication().authenticate(request)
        request.auth = access
        require_person(request, parameters.person_header(request))
        parameters.id_header(request, "product-id")
    except REFUSALS as error:
        _has_a_reason(error, given)
    else:
        # No key that counts can be made up.
        assert access.key is None or access.key.kind == "pub"
        assert access.person is None


def parameter(data: bytes) -> None:
    """Queries, cursors and bodies."""
    source = Source(data)
    match source.number(4):
        case 0:
            _body(source)
        case 1:
            _cursor(source)
        case _:
            _query(source)


def feed(data: bytes) -> None:
    """Feeds of products in every form, packed and not, files that are none, and a product's own JSON."""
    source = Source(data)
    is_packed, form = source.number(4) == 1, source.number(4)
    _one_product(source.json_of(PRODUCT))
    content = source.rest() if form == 0 else _feed(source, is_xml=form > 1)
    try:
        for found in google.read(io.BytesIO(gzip.compress(content, 1) if is_packed else content), now=NOW):
            if isinstance(found, Refusal):
                _is_one_line(f"{found.place}: {found.reason}")
            else:
                assert _one_product(msgspec.json.encode(found)) == found
    except InvalidFeedError as error:
        _is_one_line(error)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "event": event,
    "header": header,
    "parameter": parameter,
    "feed": feed,
}


def _valid(read: Callable[Arguments, Found], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Found | None:
    """None for what is refused, which has a reason."""
    try:
        return read(*args, **kwargs)
    except InvalidEventError as error:
        _is_one_line(error)
        return None


def _one_view(raw: bytes) -> None:
    view = _valid(events.parse, raw, now=NOW)
    if view is None:
        return
    assert all(map(events.is_id, (view.userid, view.messageid, view.properties.productid)))
    assert events.parse(msgspec.json.encode(view), now=NOW) == view


def _one_shop_event(raw: bytes) -> None:
    found = _valid(shop_events.parse, raw, now=NOW)
    if found is None:
        return
    assert shop_events.is_named(raw)
    assert all(map(events.is_id, (found.userid, found.messageid, *shop_events.products(found))))
    assert shop_events.parse(msgspec.json.encode(found), now=NOW) == found


def _one_message_of_segment(name: str, raw: bytes) -> None:
    raw = raw.replace(b"Order Completed", name.encode())
    try:
        message = segment.decode(raw)
        events.is_id(segment.visitor_id(message.anonymousId or ""))
        call = segment.call_of(message)
        told = segment.event_of(message, call=call, userid="user-78", sent_at=None, now=NOW)
    except InvalidEventError as error:
        _is_one_line(error)
        return
    if told is not None:
        found, text = told
        _one_view(text) if isinstance(found, events.ProductView) else _one_shop_event(text)


def _one_product(raw: bytes) -> products.CatalogueProduct | None:
    try:
        product = msgspec.json.decode(raw, type=products.CatalogueProduct)
        products.check(product)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    except InvalidProductError as error:
        _is_one_line(error)
        return None
    assert msgspec.json.decode(msgspec.json.encode(product), type=products.CatalogueProduct) == product
    return product


def _feed(source: Source, *, is_xml: bool) -> bytes:
    """Items of which some values, names and what stands between them are replaced."""
    fields = [
        (source.text() if source.number(24) == 1 else name, source.text() if source.number(6) == 1 else value)
        for name, value in ROW.items()
        if source.number(12) != 1
    ]
    if is_xml:
        between = ("", "", "", "</item><item>", "<g:x>", "<![CDATA[", source.text())
        inner = "".join(f"<g:{name}>{value}</g:{name}>{source.one_of(between)}" for name, value in fields)
        text = f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item>{inner}</item></channel></rss>'
    else:
        mark = source.one_of(["\t", ","])
        text = "\n".join(mark.join(each[part] for each in fields) for part in (0, 1, 1))
    return text.encode(source.one_of(["utf-8", "utf-8", "utf-16"]), "surrogatepass")


def _file(source: Source) -> None:
    is_zipped, content = source.number(2), source.rest()
    raw: Any = event_files._Unzipped(fileobj=io.BytesIO(content)) if is_zipped else io.BytesIO(content)
    last = 1
    for found in event_files.texts(io.BufferedReader(raw, 64)):
        if isinstance(found, event_files.Fault):
            assert found.reason
            continue
        line, text = found
        assert text.strip()
        assert line >= last
        last = line
        _one_view(text)


def _messages(source: Source) -> None:
    messages = [_message(source, number) for number in range(1 + source.number(4))]
    now = NOW if source.number(4) else 0.0

    def is_erased(person: str, *times: int) -> bool:
        person.encode()
        return person == "user-78" and min(times) < 0

    _classify(messages, views_kept_for(RETENTION_SECONDS), now, is_erased)
    _classify(messages, shop_events_kept_for(RETENTION_SECONDS, in_carts=86400), now, is_erased)
    for stream in Stream:
        learned = decoded(messages, stream, now=now, is_erased=is_erased)
        assert learned.offsets == {0: len(messages)}
        assert all(len({len(part) for part in each}) == 1 for each in learned.events.values())
    for message in messages:
        _read(message)
        for decode in (lake_events._view, lake_events._shown):
            _valid(decode, message.value() or b"", message.timestamp()[1] / 1000, now)


def _classify(messages: list[Message], decode: Decode[Any], now: float, is_erased: Callable[..., bool]) -> None:
    batch = classify(messages, decode, now=now, is_erased=is_erased)
    assert len(batch.rows) + len(batch.letters) + batch.expired + batch.erased == len(messages)
    assert len(batch.rows) == len(batch.row_messages)
    for letter in batch.letters:
        _is_one_line(letter.reason)
        headers_of(letter.message)


def _message(source: Source, offset: int) -> Message:
    value = None
    match source.number(8):
        case 0:
            value = source.some_bytes(60)
        case 1:
            value = source.json_of(ERASURE)
        case 2:
            value = source.json_of(PURCHASES)
        case 3:
            value = source.json_of(SHOWN)
        case 4:
            value = source.json_of(ORDER)
        case number if number > 5:
            value = source.json_of(VIEW)
    return Message(
        topic="views",
        partition=0,
        offset=offset,
        key=source.one_of([None, b"user-78", b"", source.some_bytes(8)]),
        value=value,
        headers=[(source.text().replace("\ud800", ""), source.one_of([None, b"", source.some_bytes(20)]))],
        timestamp=(
            source.one_of([TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE]),
            source.one_of([1_799_999_000_000, -1, 0, source.integer()]),
        ),
        latency=0.0,
        leader_epoch=0,
    )


def _header_value(source: Source) -> str:
    match source.number(8):
        case 0:
            return f"Bearer {KEY.text}"
        case 1:
            return f"Bearer vt_sec_{source.ascii()}"
        case 2:
            return source.one_of(["user-1", "anon-" + "0123456789abcdef" * 2, "10.0.0.1, 10.0.0.2", "::1,fd00::1"])
        case 3 | 4:
            header = source.json_of({"alg": "ES256", "kid": "shop", "typ": "JWT", "jku": "http://127.0.0.1:1/"})
            claims = source.json_of({"sub": "user-1", "aud": "vitrine", "iat": 1, "exp": 2})
            return f"{_base64(header)}.{_base64(claims)}.{_base64(source.some_bytes(64))}"
    return source.ascii()


def _request(headers: list[tuple[str, str]], query: str = "", body: bytes = b"") -> Request:
    """As a worker process makes it (api.rsgi) of what the server has read."""
    scope: Any = SimpleNamespace(
        method="POST" if body else "GET",
        path="/api/v1/events/",
        query_string=query,
        http_version="1.1",
        server="127.0.0.1:8000",
        client="10.0.0.9:4000",
        scheme="http",
        headers=dict(headers),
    )
    return Request(WSGIRequest(rsgi._environment(scope, body)))


def _query(source: Source) -> None:
    pairs = [f"{source.one_of(QUERY)}={_quoted(source)}" for _ in range(source.number(6))]
    request = _request([], "&".join(pairs) if source.number(4) else source.ascii())
    resource = source.one_of(RESOURCES)
    try:
        page = page_parameters(request, resource, beside=("by",))
        statement, values = queries.page_query(resource, page)
        assert statement.count("%s") == len(values)
        assert 1 <= page.limit <= 1000
    except REFUSALS as error:
        _has_a_reason(error)
    for read in (parameters.list_parameters, parameters.period_parameter, wanted_list):
        try:
            read(request)
        except REFUSALS as error:
            _has_a_reason(error)


def _quoted(source: Source) -> str:
    if source.number(2):
        return source.one_of(["1", "10", "true", "2026-11-20", "1.5", "WyJhIiwiYiJd", "product-1,product-2", "day"])
    return source.ascii() if source.number(2) else "".join(f"%{byte:02x}" for byte in source.some_bytes(12))


def _cursor(source: Source) -> None:
    """What a cursor is made of comes back; anything else is refused."""
    resource = source.one_of(RESOURCES)
    values = [_of_kind(resource.columns[column], source) for column in resource.order]
    page = page_parameters(_request([], f"cursor={cursor_after(values)}"), resource)
    assert list(page.after or []) == values, (page.after, values)


def _of_kind(kind: Kind, source: Source) -> object:
    number = source.integer() % 10**15
    match kind:
        case Kind.WHOLE:
            return number
        case Kind.NUMBER:
            return Decimal(number).scaleb(-source.number(6))
        case Kind.DATE:
            return date.fromordinal(1 + number % 3_652_059)
        case Kind.MOMENT:
            return datetime.fromtimestamp(number % 4_000_000_000, UTC)
    return source.ascii()


def _body(source: Source) -> None:
    kind = source.number(4)
    if kind == 0:
        body = source.json_of({"name": "x", "kind": "sec", "scopes": ["history:read"], "expires_at": VIEW["timestamp"]})
    elif kind == 3:
        rule = {"name": "x", "kind": "pin", "products": ["p"], "position": 1, "ends_at": VIEW["timestamp"]}
        body = source.json_of(rule)
    elif kind == 1:
        body = source.json_of([VIEW, {"overlap_seconds": 1}])
    else:
        body = source.rest()
    request = _request([("content-type", "application/json")], body=body)
    request._request.META["wsgi.input"] = io.BytesIO(body)
    try:
        if kind == 0:
            json_body(request, NewKeyRequest)
        elif kind == 3:
            assert rules.fill(Rule(), json_body(request, dict[str, Any])).held()
        else:
            views, errors = _parse(_split(body), now=NOW)
            assert all(each["reason"] for each in errors)
            assert len(views) + len(errors) >= 1
            json_body(request, RotationRequest)
    except REFUSALS as error:
        _has_a_reason(error)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _has_a_reason(error: Exception, *_: object) -> None:
    reason = str(error.detail if isinstance(error, APIException) else error)
    assert reason
    # It becomes the detail of a problem.
    msgspec.json.encode(reason)


def _is_one_line(reason: object) -> None:
    record = logging.LogRecord("fuzz", logging.WARNING, "", 0, "dead letters, the first: %s", (reason,), None)
    line = _formatter.format(record)
    assert str(reason)
    assert line.isprintable(), line
    line.encode()


def _keyring() -> Keyring:
    ring = Keyring(ShopDatabaseSettings())
    ring._replace([(1, KEY.digest, "pub", ["history:read"], [], None, None)], [])
    ring._signers = {"shop": HeldSigner("shop", PEM)}
    ring._has_read.set()
    return ring


# What Postgres would have told: requests are judged in memory, whether here or in a worker process.
servers.keyring.cache_clear()
_ring = _keyring()
servers.keyring = lambda: _ring  # type: ignore[assignment]
