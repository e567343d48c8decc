"""What a request says of products."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api.limits import PRODUCTS_MAXIMUM
from api.views.bodies import json_bytes
from vitrine import events, products
from vitrine.errors import InvalidProductError
from vitrine.products import CatalogueProduct

Item = TypeVar("Item")


class Said(NamedTuple):
    """A product, and which of its fields were named."""

    product: CatalogueProduct
    names: frozenset[str]


class Refused(msgspec.Struct):
    """What is wrong with one of the products of a request, and where it stands there."""

    index: int
    productid: str | None
    reason: str


class Items(NamedTuple):
    """The products of a request that can be taken, each with its place, and the others."""

    taken: list[tuple[int, Any]]
    refused: list[Refused]


def product(request: Request, productid: str) -> Said:
    """The product that a body is about. Raises ParseError (400)."""
    try:
        return _said(json_bytes(request), productid)
    except InvalidProductError as error:
        raise ParseError(f"The product cannot be taken: {error}") from None


def many_products(request: Request) -> Items:
    """The products of a list. Raises ParseError (400) where it is no list, or too long."""
    return _judged(_listed(request), _said)


def many_ids(request: Request) -> Items:
    """The ids of a list. Raises ParseError (400) where it is no list, or too long."""
    return _judged(_listed(request), _id)


def _listed(request: Request) -> Sequence[msgspec.Raw]:
    body = json_bytes(request)
    try:
        body.decode()
        found = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body must be a JSON list: {error}") from None
    if not 1 <= len(found) <= PRODUCTS_MAXIMUM:
        raise ParseError(f"A list must hold 1 to {PRODUCTS_MAXIMUM} products, not {len(found)}.")
    return found


def _judged(raw: Sequence[msgspec.Raw], read: Callable[[bytes], Item]) -> Items:
    items = Items([], [])
    for index, each in enumerate(raw):
        text = bytes(each)
        try:
            items.taken.append((index, read(text)))
        except InvalidProductError as error:
            items.refused.append(Refused(index, _id_of(text), str(error)))
    return items


def _said(text: bytes, productid: str | None = None) -> Said:
    """Raises InvalidProductError."""
    fields = _decoded(text, dict[str, msgspec.Raw])
    if productid is not None:
        fields.setdefault("productid", msgspec.Raw(msgspec.json.encode(productid)))
    said = _decoded(msgspec.json.encode(fields), CatalogueProduct)
    if productid not in (None, said.productid):
        raise InvalidProductError(f"productid is {said.productid!r}, but the path names {productid!r}")
    products.check(said)
    return Said(said, frozenset(fields))


def _id(text: bytes) -> str:
    """Raises InvalidProductError."""
    found = _decoded(text, str)
    if not events.is_id(found):
        raise InvalidProductError(f"a product id must be {events.ID_RULE}")
    return found


def _decoded(text: bytes, of: type[Item]) -> Item:
    try:
        return msgspec.json.decode(text, type=of)
    except (ValueError, RecursionError) as error:
        raise InvalidProductError(str(error)) from None


def _id_of(text: bytes) -> str | None:
    """What a product that is refused calls itself, as far as that can be told."""
    try:
        named = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    found = named.get("productid") if isinstance(named, dict) else named
    return found[:128] if isinstance(found, str) else None
