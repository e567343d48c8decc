import json
from pathlib import Path
from typing import Any

import pytest

from vitrine.doors import segment, shopify
from vitrine.doors.segment import RefusedMessageError
from vitrine.settings import PROJECT_FOLDER

NOW = 1_795_800_000.0
PAYLOADS = [
    json.loads(line) for line in Path(PROJECT_FOLDER / "docs/examples/shopify-pixel.jsonl").read_text().splitlines()
]


def told(payload: object) -> dict[str, Any] | None:
    text = shopify.as_segment(json.dumps(payload).encode())
    if text is None:
        return None
    message = segment.decode(text)
    made = segment.event_of(message, call="track", userid=segment.person_of(message), sent_at=None, now=NOW)
    assert made is not None
    event: dict[str, Any] = json.loads(made[1])
    return event


def test_each_event_of_a_pixel_that_is_kept() -> None:
    found = {payload["name"]: told(payload) for payload in PAYLOADS}
    assert found.pop("page_viewed") is None
    lamp = {"productid": "8266836345064", "quantity": 1, "price": 39.9}
    assert {name: event and (event["event"], event["properties"]) for name, event in found.items()} == {
        "product_viewed": ("ProductView", {"productid": "8266836345064"}),
        "search_submitted": ("Searched", {"query": "brass lamp"}),
        "product_added_to_cart": ("ProductAdded", {**lamp, "quantity": 2}),
        "product_removed_from_cart": ("ProductRemoved", lamp),
        "checkout_completed": ("OrderCompleted", {"orderid": "5532109876543", "products": [lamp]}),
    }
    viewed = found["product_viewed"]
    assert viewed is not None
    assert viewed["userid"] == "anon-2e1c9d1e6f0b4b528f6a9a3a7d5c1f04"
    assert viewed["messageid"] == PAYLOADS[1]["id"]
    assert viewed["timestamp"] == "2026-11-26T10:00:05.000Z"
    assert viewed["context"] == {"source": "mobile-web"}


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", None, 5, ["Mobi"]])
def test_what_says_nothing_of_a_phone_is_a_desktop(agent: object) -> None:
    found = told({**PAYLOADS[1], "context": {"navigator": {"userAgent": agent}}})
    assert found is not None
    assert found["context"] == {"source": "desktop"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": None}, "`name` is missing"),
        ({"clientId": None}, "neither `userId` nor `anonymousId`"),
        ({"clientId": "a b"}, "'visitor:a b'"),
        ({"id": 5}, "`$.messageId`"),
        ({"timestamp": "today"}, "not an ISO 8601 time"),
        ({"data": None}, "`properties.product_id` is missing"),
        ({"data": []}, "`properties.product_id` is missing"),
        ({"data": {"productVariant": {"product": {"id": ["7"]}}}}, "`$.product_id`"),
        ({"name": "product_added_to_cart", "data": {"cartLine": 5}}, "`properties.product_id` is missing"),
        ({"name": "checkout_completed", "data": {}}, "`$.products`"),
        ({"name": "checkout_completed", "data": {"checkout": {"lineItems": 5}}}, "`$.products`"),
        (
            {"name": "checkout_completed", "data": {"checkout": {"lineItems": [5]}}},
            "`properties.products[0].product_id` is missing",
        ),
        ({"name": "search_submitted", "data": {}}, "`properties.query` is missing"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], reason: str) -> None:
    with pytest.raises(RefusedMessageError) as raised:
        told({**PAYLOADS[1], **change})
    assert reason in str(raised.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"product_viewed"'])
def test_what_is_no_payload_is_refused(raw: bytes) -> None:
    with pytest.raises(RefusedMessageError):
        shopify.as_segment(raw)
