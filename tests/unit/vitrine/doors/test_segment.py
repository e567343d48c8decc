import json
from collections.abc import Mapping
from typing import Any

import pytest

from vitrine import events, shop_events
from vitrine.doors import segment
from vitrine.doors.segment import RefusedMessageError, visitor_id
from vitrine.events import ProductView

NOW = 1_795_000_000.0
AT_NOW = "2026-11-18T11:06:40.000Z"
VIEWED = {"event": "Product Viewed", "properties": {"product_id": "p"}}
RANDOM = "3f9c27d1-b05e-48a6-917c-d2f4e8b3a650"


def told(message: Mapping[str, object], call: str = "track", *, sent_at: str | None = None) -> dict[str, Any] | None:
    """The event as Kafka gets it."""
    raw = json.dumps(message).encode()
    made = segment.event_of(segment.decode(raw), call=call, userid="user-1", sent_at=sent_at, now=NOW)
    if made is None:
        return None
    event, text = made
    again = events.parse(text, now=NOW) if isinstance(event, ProductView) else shop_events.parse(text, now=NOW)
    assert again == event
    found: dict[str, Any] = json.loads(text)
    return found


def refusal(message: Mapping[str, object], call: str = "track") -> tuple[str, str]:
    with pytest.raises(RefusedMessageError) as raised:
        told(message, call)
    assert raised.value.reason in segment.REASONS
    return raised.value.reason, str(raised.value)


LINES = [{"product_id": "p-1", "quantity": "2", "price": "9.5", "name": "Lamp"}, {"product_id": 7}]


@pytest.mark.parametrize(
    ("name", "properties", "event", "kept"),
    [
        ("Product Viewed", {"product_id": "p-1", "name": "Lamp"}, "ProductView", {"productid": "p-1"}),
        ("product_viewed", {"product_id": 7}, "ProductView", {"productid": "7"}),
        ("ProductView", {"product_id": "p-1", "price": None}, "ProductView", {"productid": "p-1"}),
        ("Product Added", {"product_id": "p-1"}, "ProductAdded", {"productid": "p-1", "quantity": 1}),
        (
            "Product Removed",
            {"product_id": "p-1", "quantity": 3.0, "price": "9.50"},
            "ProductRemoved",
            {"productid": "p-1", "quantity": 3, "price": 9.5},
        ),
        (
            "Order Completed",
            {"order_id": 50, "products": LINES, "total": 28.5},
            "OrderCompleted",
            {
                "orderid": "50",
                "products": [{"productid": "p-1", "quantity": 2, "price": 9.5}, {"productid": "7", "quantity": 1}],
            },
        ),
        (
            "Product List Viewed",
            {"recommendation_id": "r-1", "placement": "home", "products": LINES},
            "RecommendationsShown",
            {"recommendationid": "r-1", "placement": "home", "products": ["p-1", "7"]},
        ),
        (
            "Product Clicked",
            {"recommendation_id": "r-1", "product_id": "p-1"},
            "RecommendationClicked",
            {"recommendationid": "r-1", "productid": "p-1"},
        ),
        ("Products Searched", {"query": "red lamp"}, "Searched", {"query": "red lamp"}),
    ],
)
def test_an_event_of_the_specification_is_one_of_ours(
    name: str, properties: dict[str, Any], event: str, kept: dict[str, Any]
) -> None:
    assert told({"event": name, "properties": properties, "messageId": "m-1"}) == {
        "event": event,
        "messageid": "m-1",
        "userid": "user-1",
        "properties": kept,
        "context": {"source": "segment"},
    }


def test_the_page_of_a_product_is_a_view_of_it() -> None:
    found = told({"properties": {"product_id": "p-1", "url": "https://www.shop.example/p-1"}}, "page")
    assert found is not None
    assert (found["event"], found["properties"]) == ("ProductView", {"productid": "p-1"})


@pytest.mark.parametrize("call", ["page", "screen", "group"])
@pytest.mark.parametrize("properties", [None, {}, {"url": "https://www.shop.example/"}])
def test_of_some_calls_nothing_is_kept(call: str, properties: dict[str, Any] | None) -> None:
    assert told({"properties": properties}, call) is None


@pytest.mark.parametrize(
    ("message", "reason", "detail"),
    [
        ({}, "malformed", "`event` is missing"),
        ({"event": 5}, "malformed", "`$.event`"),
        ({"event": "Signed\nUp"}, "unknown event", r"'Signed\nUp'"),
        ({"event": "x" * 5000}, "unknown event", f"{'x' * 64}…".encode("ascii", "backslashreplace").decode()),
        ({"event": "Product Viewed"}, "not an event of the form", "`properties.product_id` is missing"),
        ({"event": "Product Viewed", "properties": []}, "malformed", "`properties`: "),
        ({"event": "Product Viewed", "properties": {"product_id": "a b"}}, "not an event of the form", "'a b'"),
        ({"event": "Product Viewed", "properties": {"product_id": ["p"]}}, "malformed", "`$.product_id`"),
        ({"event": "Product Added", "properties": {"product_id": "p", "quantity": "many"}}, "malformed", "quantity"),
        ({"event": "Product Added", "properties": {"product_id": "p", "quantity": 0}}, "not an event of the form", "1"),
        ({"event": "Order Completed", "properties": {"products": LINES}}, "not an event of the form", "order_id"),
        ({"event": "Order Completed", "properties": {"order_id": "o"}}, "not an event of the form", "length >= 1"),
        (
            {"event": "Order Completed", "properties": {"order_id": "o", "products": [{"product_id": "p"}, {}]}},
            "not an event of the form",
            "`properties.products[1].product_id` is missing",
        ),
        ({"event": "Product Clicked", "properties": {"product_id": "p"}}, "not an event of the form", "recommendation"),
        ({"event": "Products Searched"}, "not an event of the form", "`properties.query` is missing"),
    ],
)
def test_what_is_wrong_is_said(message: dict[str, Any], reason: str, detail: str) -> None:
    found, text = refusal(message)
    assert found == reason
    assert detail in text
    assert text.isprintable()


VISITOR = "anon-3f9c27d1b05e48a6917cd2f4e8b3a650"


@pytest.mark.parametrize(
    ("message", "joined"),
    [
        ({"userId": "user-1", "anonymousId": RANDOM}, (VISITOR, "user-1", NOW)),
        ({"userId": 7, "previousId": RANDOM, "traits": {"email": "a@b.example"}}, (VISITOR, "7", NOW)),
        # Of alias the id before, though libraries say who it is now as well.
        ({"userId": "user-1", "previousId": "till-3", "anonymousId": RANDOM}, ("visitor:till-3", "user-1", NOW)),
        (
            {"userId": "user-1", "anonymousId": RANDOM, "timestamp": "2026-11-18T11:06:30Z"},
            (VISITOR, "user-1", NOW - 10),
        ),
        # No later than now, or what comes meanwhile would be whose it is not.
        ({"userId": "user-1", "anonymousId": RANDOM, "timestamp": "2026-11-18T11:08:40Z"}, (VISITOR, "user-1", NOW)),
        ({"userId": "user-1"}, None),
        ({"userId": "", "anonymousId": RANDOM}, None),
        ({"anonymousId": RANDOM}, None),
    ],
)
def test_whom_a_message_joins(message: dict[str, object], joined: tuple[str, str, float] | None) -> None:
    assert segment.join_of(segment.decode(json.dumps(message).encode()), sent_at=None, now=NOW) == joined
    assert told(message, "identify") is None


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ({"userId": "a b", "anonymousId": RANDOM}, "`userId` or the visitor's id is not 1 to 128"),
        ({"userId": "user-1", "previousId": "a b"}, "`userId` or the visitor's id is not 1 to 128"),
        ({"userId": VISITOR, "anonymousId": RANDOM}, "`userId`"),
        ({"userId": "user-1", "anonymousId": RANDOM, "timestamp": "2026-11-18T12:06:30Z"}, "in the future"),
        ({"userId": "user-1", "anonymousId": RANDOM, "timestamp": "yesterday"}, "not an ISO 8601 time"),
    ],
)
def test_who_cannot_be_joined_is_said(message: dict[str, object], detail: str) -> None:
    with pytest.raises(RefusedMessageError) as raised:
        segment.join_of(segment.decode(json.dumps(message).encode()), sent_at=None, now=NOW)
    assert detail in str(raised.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"type":"track","event":"\xff"}'])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(RefusedMessageError):
        segment.decode(raw)


def test_without_an_id_the_same_message_has_the_same_one() -> None:
    raw = b'{"event":"Product Viewed"}'
    assert segment.decode(raw).messageId == segment.decode(raw).messageId
    assert segment.decode(raw).messageId != segment.decode(raw + b" ").messageId
    assert segment.decode(b'{"messageId":"m-1"}').messageId == "m-1"


@pytest.mark.parametrize(
    ("context", "source"),
    [
        (None, "segment"),
        ({}, "segment"),
        ({"source": "kiosk", "device": {"type": "ios"}}, "kiosk"),
        ({"device": {"type": "ios"}, "userAgentData": {"mobile": True}}, "ios"),
        ({"userAgentData": {"mobile": True}, "channel": "web"}, "mobile-web"),
        ({"userAgentData": {"mobile": False}, "channel": "web"}, "desktop"),
        ({"channel": "server", "library": {"name": "analytics-node"}}, "server"),
        ({"library": {"name": "analytics-node"}}, "analytics-node"),
        ({"library": "analytics-node", "device": 5, "channel": ["web"], "source": ""}, "segment"),
        ({"source": "x" * 200}, "x" * 128),
    ],
)
def test_the_source_is_what_says_most_of_where_it_was(context: object, source: str) -> None:
    found = told({**VIEWED, "context": context})
    assert found is not None
    assert found["context"] == {"source": source}


class TestTime:
    def of(self, sent_at: str | None = None, **message: object) -> str | None:
        found = told({**VIEWED, **message}, sent_at=sent_at)
        assert found is not None
        time: str | None = found.get("timestamp")
        return time

    def test_is_that_of_the_message(self) -> None:
        assert self.of(timestamp="2026-11-18T11:06:39.123Z", sentAt=AT_NOW) == "2026-11-18T11:06:39.123Z"
        assert self.of(timestamp="2026-11-18T11:06:39.123Z") == "2026-11-18T11:06:39.123Z"
        assert self.of(originalTimestamp="2026-11-18T11:06:39.123456+01:00") == "2026-11-18T11:06:39.123456+01:00"
        assert self.of(timestamp="", originalTimestamp=None, sentAt=AT_NOW) is None

    def test_is_put_right_where_the_sender_s_clock_is_wrong(self) -> None:
        fast = "2026-11-18T12:06:41.000Z"
        assert self.of(timestamp="2026-11-18T12:06:40.500Z", sentAt=fast) == "2026-11-18T11:06:40.500+00:00"
        assert self.of(timestamp="2026-11-18T12:06:40.500Z", sent_at=fast) == "2026-11-18T11:06:40.500+00:00"
        slow = "2020-01-01T00:00:00Z"
        assert self.of(timestamp=slow, sentAt=slow) == "2026-11-18T11:07:00.000+00:00"

    def test_is_the_same_when_the_message_is_sent_again(self) -> None:
        fast = "2026-11-18T12:06:40.500Z"
        times = {self.of(timestamp=fast, sentAt=f"2026-11-18T12:06:4{second}.000Z") for second in range(10)}
        assert len(times) == 1

    @pytest.mark.parametrize("sent", ["now", "", "9999-12-31T23:59:59Z"])
    def test_of_a_sender_that_says_nothing_of_its_clock_is_kept(self, sent: str) -> None:
        assert self.of(timestamp="9999-12-31T23:59:59Z" if sent.startswith("9") else AT_NOW, sentAt=sent)

    def test_that_is_none_is_refused(self) -> None:
        for sent in (AT_NOW, None):
            reason, detail = refusal({**VIEWED, "timestamp": "yesterday", "sentAt": sent})
            assert (reason, "not an ISO 8601 time" in detail) == ("not an event of the form", True)


@pytest.mark.parametrize(
    ("anonymous", "visitor"),
    [
        (RANDOM, "anon-3f9c27d1b05e48a6917cd2f4e8b3a650"),
        (RANDOM.upper(), "anon-3f9c27d1b05e48a6917cd2f4e8b3a650"),
        ("anon-3f9c27d1b05e48a6917cd2f4e8b3a650", "anon-3f9c27d1b05e48a6917cd2f4e8b3a650"),
        # Of a time and a machine, which can be guessed.
        ("3f9c27d1-b05e-11ee-917c-d2f4e8b3a650", "visitor:3f9c27d1-b05e-11ee-917c-d2f4e8b3a650"),
        ("3f9c27d1b05e48a6917cd2f4e8b3a650", "visitor:3f9c27d1b05e48a6917cd2f4e8b3a650"),
        (f"{{{RANDOM[:34]}}}", f"visitor:{{{RANDOM[:34]}}}"),
        ("user-1", "visitor:user-1"),
        (5, "visitor:5"),
    ],
)
def test_a_visitor_is_never_a_customer(anonymous: str | int, visitor: str) -> None:
    assert visitor_id(anonymous) == visitor
