"""Feeds in the form of Google Merchant Center: its XML (RSS 2.0 or Atom 1.0), or a table between tabs or commas.

Names and values are those of its product data specification: support.google.com/merchants/answer/7052112.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from vitrine import products
from vitrine.errors import InvalidEventError, InvalidFeedError, InvalidProductError
from vitrine.events import ID_RULE, is_id, parse_time
from vitrine.feeds import text_form, xml_form
from vitrine.feeds.items import Item, Refusal
from vitrine.feeds.unpacking import unpacked
from vitrine.products import Attribute, CatalogueProduct

# Their ids are kept while a feed is read.
MAX_ITEMS = 1_000_000

# By their names, with all their values.
Fields = Mapping[str, list[str]]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What XML in UTF-16 begins with.
_XML_IN_UTF_16 = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_is_money = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,4})?) ?([A-Z]{3})").fullmatch
# What can be ordered now and is delivered later is sold.
_AVAILABILITY = {"in_stock": True, "preorder": True, "backorder": True, "out_of_stock": False}
_is_number = re.compile("[0-9]+").fullmatch
_NO_ATTRIBUTES = {
    # Fields of the product.
    *("id", "title", "link", "image_link", "brand", "price", "sale_price", "sale_price_effective_date"),
    *("availability", "expiration_date", "product_type"),
    # Groups, and texts that are longer than an attribute may be.
    *("shipping", "carrier_shipping", "free_shipping_threshold", "handling_cutoff_time", "minimum_order_value", "tax"),
    *("installment", "subscription_cost", "loyalty_points", "loyalty_program", "certification", "product_detail"),
    *("structured_title", "structured_description", "description"),
}


def read(file: BinaryIO, *, now: float) -> Iterator[CatalogueProduct | Refusal]:
    """Each item of a feed in its order: a product that keeps its rules, or why it is none.

    A form is told by its content, and so is gzip. `file` is read once, from where it stands, item by item; what stays
    in memory is the ids. A sale price counts if it does at `now`, Unix seconds.

    Raises InvalidFeedError, which says where, for what is no feed or cannot be read on. What came before it stands.
    """
    seen: set[str] = set()
    for count, item in enumerate(_items(unpacked(file))):
        if count == MAX_ITEMS:
            raise InvalidFeedError(f"{item.place}: more than {MAX_ITEMS:,} items")
        yield item if isinstance(item, Refusal) else _told(item, now, seen)


def _items(file: io.BufferedReader) -> Iterator[Item | Refusal]:
    head = file.peek(4)
    if not head:
        raise InvalidFeedError("it is empty")
    if head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<") or head.startswith(_XML_IN_UTF_16):
        return xml_form.items(file)
    if head.startswith(_BYTE_ORDER_MARK):
        file.read(len(_BYTE_ORDER_MARK))
    return text_form.items(file)


def _told(item: Item, now: float, seen: set[str]) -> CatalogueProduct | Refusal:
    fields = item.fields
    try:
        productid = _one("id", fields) or ""
        if not is_id(productid):
            raise products.broken("id", ID_RULE, productid)
    except InvalidProductError as error:
        return Refusal(item.place, str(error))
    place = f"{item.place}, id {productid}"
    if productid in seen:
        return Refusal(place, "id: an item before it has the same", productid)
    seen.add(productid)
    try:
        product = CatalogueProduct(productid, **{field: told(fields, now) for field, told in _TOLD.items()})
        products.check(product)
    except InvalidProductError as error:
        return Refusal(place, str(error), productid)
    return product


def _one(name: str, fields: Fields) -> str | None:
    values = fields.get(name, [None])
    if any(value != values[0] for value in values):
        raise products.broken(name, "one value", values)
    return values[0]


def _text_of(name: str) -> Callable[[Fields, float], str | None]:
    return lambda fields, _: _one(name, fields)


def _price(fields: Fields, now: float) -> Decimal | None:
    money = _money(fields, now)
    return None if money is None else Decimal(money[1])


def _currency(fields: Fields, now: float) -> str | None:
    money = _money(fields, now)
    return None if money is None else money[2]


def _money(fields: Fields, now: float) -> re.Match[str] | None:
    """What a product costs now: number and currency."""
    name = "sale_price" if _is_on_sale(fields, now) else "price"
    if (text := _one(name, fields)) is None:
        return None
    if (money := _is_money(text)) is None:
        raise products.broken(name, "an amount and a currency such as 15.00 USD", text)
    return money


def _is_on_sale(fields: Fields, now: float) -> bool:
    name = "sale_price_effective_date"
    if "sale_price" not in fields or (text := _one(name, fields)) is None:
        return "sale_price" in fields
    first, _, last = text.partition("/")
    begins, ends = _time(name, first.strip()), _time(name, last.strip())
    return begins.timestamp() <= now < ends.timestamp()


def _available_to(fields: Fields, _: float) -> datetime | None:
    text = _one("expiration_date", fields)
    return None if text is None else _time("expiration_date", text)


def _time(name: str, text: str) -> datetime:
    # Beyond the year 9999 there is none.
    with suppress(InvalidEventError, ValueError, OverflowError):
        return datetime.fromtimestamp(parse_time(text), UTC)
    raise products.broken(name, "an ISO 8601 time", text)


def _in_stock(fields: Fields, _: float) -> bool | None:
    text = _availability(fields)
    if text is not None and text not in _AVAILABILITY:
        raise products.broken("availability", f"one of {', '.join(_AVAILABILITY)}", text)
    return None if text is None else _AVAILABILITY[text]


def _availability(fields: Fields) -> str | None:
    text = _one("availability", fields)
    return text and text.lower().replace(" ", "_")


def _category(fields: Fields, _: float) -> list[str] | None:
    """The shop's own, the first if there are several, before Google's."""
    google = [] if _is_numbered(fields) else fields.get("google_product_category", [])
    path = (fields.get("product_type", []) or google)[:1]
    return [name for text in path for part in text.split(">") if (name := part.strip())] or None


def _is_numbered(fields: Fields) -> bool:
    """Whether Google's category is one of its numbers, which is no name."""
    return _is_number(_one("google_product_category", fields) or "") is not None


def _attributes(fields: Fields, _: float) -> dict[str, Attribute] | None:
    left_out = {*_NO_ATTRIBUTES}
    if "product_type" not in fields and not _is_numbered(fields):
        left_out.add("google_product_category")
    if _availability(fields) != "preorder":
        left_out.add("availability_date")
    # With brackets a heading names the parts of a group, without a name a column tells nothing.
    kept = {name: values for name, values in fields.items() if name and "(" not in name and name not in left_out}
    return {name: _attribute(name, values) for name, values in kept.items()} or None


def _attribute(name: str, values: list[str]) -> Attribute:
    if name == "additional_image_link":
        # A comma within an address is written %2C.
        return [address for text in values for part in text.split(",") if (address := part.strip())]
    return values if len(values) > 1 else values[0]


# Of what in a feed each field is made.
_TOLD: Mapping[str, Callable[[Fields, float], Any]] = {
    "title": _text_of("title"),
    "price": _price,
    "currency": _currency,
    "in_stock": _in_stock,
    "category": _category,
    "image": _text_of("image_link"),
    "url": _text_of("link"),
    "brand": _text_of("brand"),
    "attributes": _attributes,
    "available_to": _available_to,
}
