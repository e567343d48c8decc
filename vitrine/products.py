"""A product as a shop describes it: its fields, and the rules that they keep wherever they come from."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import msgspec

from vitrine.errors import InvalidProductError
from vitrine.events import ID_RULE, is_id

# Google's own.
CATEGORY_SEPARATOR = " > "
ATTRIBUTES_MAXIMUM = 50

Attribute = str | bool | int | float | list[str]


class CatalogueProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is None is not known. check() holds the rules that the types do not say.

    `category` is a path, from general to special. `available_to` is the moment from which it cannot be bought any more.
    """

    productid: str
    title: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    in_stock: bool | None = None
    category: list[str] | None = None
    image: str | None = None
    url: str | None = None
    brand: str | None = None
    attributes: dict[str, Attribute] | None = None
    available_from: datetime | None = None
    available_to: datetime | None = None
    created_at: datetime | None = None


def category_name(path: Sequence[str]) -> str:
    """A category as one text. No two paths that check() lets pass have the same."""
    return CATEGORY_SEPARATOR.join(path)


def check(product: CatalogueProduct) -> None:
    """Raises InvalidProductError for a field that breaks its rule."""
    for field, rule in _RULES.items():
        if (value := getattr(product, field)) is not None:
            _keep(rule, field, value)
    for place, name in enumerate(product.category or ()):
        _keep(_CATEGORY, f"category[{place}]", name)
    for name, value in (product.attributes or {}).items():
        _keep(_ATTRIBUTE_NAME, "attributes", name)
        _keep(_ATTRIBUTE, f"attributes.{name}", value)
    if product.available_from and product.available_to and product.available_to <= product.available_from:
        raise broken("available_to", f"after available_from, {product.available_from}", str(product.available_to))


def broken(field: str, rule: str, value: object) -> InvalidProductError:
    """The error that says so."""
    return InvalidProductError(f"{field}: not {rule}: {shown(value)}")


def shown(value: object) -> str:
    """A value as it stands in a message: on one line, and no more of it than tells what it is."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


class _Rule(NamedTuple):
    says: str
    holds: Callable[[Any], bool]


_SHOWN_CHARACTERS = 140
_LIST_MAXIMUM = 50
_TEXT_MAXIMUM = 1000
_ADDRESS_MAXIMUM = 2000
# What a source of an event may not hold either (vitrine.events), and what no UTF-8 has.
_has_controls = re.compile(r"[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]").search
_is_currency = re.compile("[A-Z]{3}").fullmatch
_is_address = re.compile(r"(?i:https?)://[^\s/?#<>\"\\]+([/?#][^\s<>\"]*)?").fullmatch


def _is_text(value: str, *, least: int = 1, most: int) -> bool:
    # What is printable needs no search, which takes longer.
    return least <= len(value) <= most and (value.isprintable() or not _has_controls(value))


def _text(most: int) -> _Rule:
    return _Rule(f"1 to {most} characters, none of them a control character", partial(_is_text, most=most))


def _is_price(value: Decimal) -> bool:
    if not value.is_finite() or value.is_signed():
        return False
    # As it is written: an exponent may be long before its number is.
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4 and value.adjusted() < 12


def _is_web_address(value: str) -> bool:
    return _is_text(value, most=_ADDRESS_MAXIMUM) and _is_address(value) is not None


def _is_category(name: str) -> bool:
    # With a space on both sides, so that "a >" and "b" are not the path of "a" and "> b".
    return _is_text(name, most=100) and CATEGORY_SEPARATOR not in f" {name} "


def _is_attribute(value: Attribute) -> bool:
    match value:
        case str():
            return _is_text(value, least=0, most=_TEXT_MAXIMUM)
        case list():
            return len(value) <= _LIST_MAXIMUM and all(map(_is_attribute, value))
        case float():
            return math.isfinite(value)
    return -(1 << 63) <= value < 1 << 63


_ADDRESS = _Rule(f"an http or https address of at most {_ADDRESS_MAXIMUM} characters", _is_web_address)
_TIME = _Rule("a time with its offset from UTC", lambda value: value.utcoffset() is not None)
_CATEGORY = _Rule("1 to 100 characters, none of them a control character, without ` > `", _is_category)
_ATTRIBUTE_NAME = _text(64)
_ATTRIBUTE = _Rule(
    f"a finite number of 64 bits, a text of at most {_TEXT_MAXIMUM} characters, none of them a control character,"
    f" or at most {_LIST_MAXIMUM} of such texts",
    _is_attribute,
)
_RULES: Mapping[str, _Rule] = {
    "productid": _Rule(ID_RULE, is_id),
    "title": _text(500),
    "price": _Rule("0 or more, with at most 12 digits before the point and 4 after it", _is_price),
    "currency": _Rule("three capital letters, as in ISO 4217", lambda value: _is_currency(value) is not None),
    "category": _Rule("1 to 10 names", lambda value: 1 <= len(value) <= 10),
    "image": _ADDRESS,
    "url": _ADDRESS,
    "brand": _text(100),
    "attributes": _Rule(f"at most {ATTRIBUTES_MAXIMUM}", lambda value: len(value) <= ATTRIBUTES_MAXIMUM),
    "available_from": _TIME,
    "available_to": _TIME,
    "created_at": _TIME,
}


def _keep(rule: _Rule, field: str, value: object) -> None:
    if not rule.holds(value):
        raise broken(field, rule.says, value)
