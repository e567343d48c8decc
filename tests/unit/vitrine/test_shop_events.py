import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from vitrine.errors import InvalidEventError
from vitrine.settings import PROJECT_FOLDER
from vitrine.shop_events import KINDS, ShopEvent, decode, is_named, json_schema, lessons, parse, products

NOW = 1_800_000_000.0
PROPERTIES: dict[str, dict[str, Any]] = {
    "ProductAdded": {"productid": "product-1", "quantity": 2, "price": 9.5},
    "ProductRemoved": {"productid": "product-1"},
    "OrderCompleted": {
        "orderid": "order-1",
        "products": [{"productid": "product-1", "quantity": 1, "price": 9.5}, {"productid": "product-2"}],
    },
    "RecommendationsShown": {
        "recommendationid": "6f1f5c1e",
        "products": ["product-1", "product-2"],
        "placement": "cart-page",
    },
    "RecommendationClicked": {"recommendationid": "6f1f5c1e", "productid": "product-1"},
    "Searched": {"query": "grüne Schuhe"},
}


def shop_event(kind: str, **changes: object) -> bytes:
    made: dict[str, object] = {
        "event": kind,
        "messageid": "m-1",
        "userid": "user-1",
        "properties": PROPERTIES[kind],
        "context": {"source": "mobile"},
    }
    return json.dumps(made | changes).encode()


def changed(kind: str, **changes: object) -> bytes:
    """Other properties."""
    return shop_event(kind, properties=PROPERTIES[kind] | changes)


def test_each_kind_is_read_and_is_valid_by_the_schema() -> None:
    assert set(KINDS) == PROPERTIES.keys() == {each.__name__ for each in get_args(ShopEvent)}
    validator = Draft202012Validator(json_schema())
    for kind in KINDS:
        text = shop_event(kind, more={"unknown": True})
        found = parse(text, now=NOW)
        assert (type(found).__name__, found.userid, found.messageid) == (kind, "user-1", "m-1")
        assert is_named(text)
        assert validator.is_valid(json.loads(text))


def test_the_documented_schema_is_the_one_of_the_code() -> None:
    printed = subprocess.run([sys.executable, "-m", "vitrine.shop_events"], capture_output=True, text=True, check=True)
    assert (PROJECT_FOLDER / "docs" / "shop-events.schema.json").read_text() == printed.stdout
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "truncated"),
        (b"[]", "got `array`"),
        (shop_event("Searched", event="ProductView"), "Invalid value 'ProductView' - at `$.event`"),
        (shop_event("Searched", event="a\nb"), r"Invalid value 'a\nb' - at `$.event`"),
        (shop_event("Searched", event="x" * 5000), "…"),
        (shop_event("Searched", userid="a b"), "at `$.userid`"),
        (shop_event("Searched", messageid=""), "at `$.messageid`"),
        (shop_event("Searched", context={"source": "a\0b"}), "at `$.context.source`"),
        (shop_event("Searched", timestamp="2030-01-01T00:00:00Z"), "more than 5 minutes in the future"),
        (changed("Searched", query=""), "at `$.properties.query`"),
        (changed("Searched", query="x" * 501), "at `$.properties.query`"),
        (changed("ProductAdded", productid="a/b"), "at `$.properties.productid`"),
        (changed("ProductAdded", quantity=0), "at `$.properties.quantity`"),
        (changed("ProductAdded", price=-1), "at `$.properties.price`"),
        (changed("ProductRemoved", productid=None), "at `$.properties.productid`"),
        (changed("OrderCompleted", orderid="a b"), "at `$.properties.orderid`"),
        (changed("OrderCompleted", products=[]), "at `$.properties.products`"),
        (changed("OrderCompleted", products=[{"productid": "a"}, {"productid": "ä"}]), "products[1].productid"),
        (changed("RecommendationsShown", products=["a", ""]), "at `$.properties.products[1]`"),
        (changed("RecommendationsShown", placement="a b"), "at `$.properties.placement`"),
        (changed("RecommendationClicked", recommendationid="\u202e"), "at `$.properties.recommendationid`"),
        (shop_event("Searched", more="x" * 900_000), "larger than 900000 bytes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: bytes, reason: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse(text, now=NOW)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_view_is_no_shop_event_and_neither_is_what_is_no_json() -> None:
    for text in (shop_event("Searched", event="ProductView"), b"{", b"\xff", b"[" * 100_000, b"null", b'{"event": 1}'):
        assert not is_named(text)


def test_carts_and_orders_teach_and_nothing_else_does() -> None:
    taught = {kind: list(lessons(decode(shop_event(kind)))) for kind in KINDS}
    assert taught == {
        "ProductAdded": [("product-1", "m-1")],
        # As the line of the shop's database is known.
        "OrderCompleted": [("product-1", "order-1 product-1"), ("product-2", "order-1 product-2")],
        **{kind: [] for kind in ("ProductRemoved", "RecommendationsShown", "RecommendationClicked", "Searched")},
    }
    assert {kind: list(products(decode(shop_event(kind)))) for kind in KINDS} == {
        "ProductAdded": ["product-1"],
        "ProductRemoved": ["product-1"],
        "OrderCompleted": ["product-1", "product-2"],
        **{kind: [] for kind in ("RecommendationsShown", "RecommendationClicked", "Searched")},
    }
