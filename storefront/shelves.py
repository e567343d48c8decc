"""The shop's own database: what it sells, to whom it has sold most, and its orders."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Min, Q
from django.db.models.functions import Left

from api.shop.models import Order, OrderItem, Product

PAGE_PRODUCTS = 24
SHOPPERS = 6
WORDS_MAXIMUM = 6
# As two indexes have it (api/shop/migrations/0006_shelves.py).
_ORDER = ("-in_stock", Left("name", 100))
# For how long categories and shoppers may be those of before.
_HELD_SECONDS = 60
# Names of the sample shop: a style, what it is, a number.
_SAMPLE_NAME = re.compile(r"\w+ (.+) \d+")


class Category(NamedTuple):
    """`title` is what the products of a sample category are, else its id."""

    id: str
    title: str


def kind_of(name: str) -> str | None:
    """What a product of the sample shop is: Kettle, of "Copper Kettle 412"."""
    found = _SAMPLE_NAME.fullmatch(name)
    return found[1] if found else None


def categories() -> list[Category]:
    def read() -> list[Category]:
        rows = Product.objects.order_by().values_list("category_id").annotate(Min("name"))
        made = [Category(category, kind_of(name) or category) for category, name in rows]
        return sorted(made, key=lambda each: each.title)

    return cache.get_or_set("storefront-categories", read, _HELD_SECONDS) or []


def shoppers() -> list[str]:
    """Who may be signed in as: those with the most orders."""

    def read() -> list[str]:
        rows = Order.objects.order_by().values_list("user_id").annotate(orders=Count("*"))
        return [user for user, _ in rows.order_by("-orders", "user_id")[:SHOPPERS]]

    return cache.get_or_set("storefront-shoppers", read, _HELD_SECONDS) or []


def shelf(*, words: str, category: str, page: int) -> tuple[list[Product], bool]:
    """The products of a page, from 1, whose names have all words; whether there are more."""
    asked = Q()
    for word in words.split()[:WORDS_MAXIMUM]:
        asked &= Q(name__icontains=word)
    if category:
        asked &= Q(category_id=category)
    start = (page - 1) * PAGE_PRODUCTS
    found = list(Product.objects.filter(asked).order_by(*_ORDER)[start : start + PAGE_PRODUCTS + 1])
    return found[:PAGE_PRODUCTS], len(found) > PAGE_PRODUCTS


def products(ids: Iterable[str]) -> dict[str, Product]:
    """Those that there are, in the order of their ids."""
    wanted = list(ids)
    found = Product.objects.in_bulk(wanted)
    return {each: found[each] for each in wanted if each in found}


def buy(*, user_id: str, cart: Mapping[str, int]) -> Order | None:
    """Orders what is in stock of a cart; None where nothing is."""
    with transaction.atomic():
        sold = [each for each in products(cart).values() if each.in_stock]
        if not sold:
            return None
        order = Order.objects.create(order_id=f"web-{uuid.uuid4().hex[:12]}", user_id=user_id)
        OrderItem.objects.bulk_create(
            OrderItem(order=order, product=each, quantity=cart[each.product_id]) for each in sold
        )
    return order


def lines(order_id: str) -> list[dict[str, Any]]:
    """Of an order: each product, its quantity and its price now; empty where there is none."""
    items = OrderItem.objects.filter(order_id=order_id).select_related("product").order_by("product_id")
    return [
        {"id": item.product_id, "name": item.product.name, "quantity": item.quantity, "price": item.product.price}
        for item in items
    ]
