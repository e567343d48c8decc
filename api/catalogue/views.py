"""What the shop says of its products, one by one or up to a thousand at once."""

import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.scopes import Scope
from api.catalogue import actions, bodies, documentation, selectors
from api.catalogue.bodies import Items, Refused
from api.problems import problem
from api.views.base import ApiView, json_response, no_content
from api.views.parameters import product_in_path


class ProductView(ApiView):
    scopes: ClassVar = dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), Scope.CATALOGUE_WRITE)

    @documentation.get_product
    def get(self, _request: Request, productid: str) -> HttpResponse:
        return _shown(product_in_path(productid))

    @documentation.put_product
    def put(self, request: Request, productid: str) -> HttpResponse:
        said = bodies.product(request, product_in_path(productid))
        actions.put([said], now=time.time())
        return _shown(productid)

    @documentation.patch_product
    def patch(self, request: Request, productid: str) -> HttpResponse:
        said = bodies.product(request, product_in_path(productid))
        actions.amend([said], now=time.time())
        return _shown(productid)

    @documentation.delete_product
    def delete(self, _request: Request, productid: str) -> Response:
        if actions.remove([product_in_path(productid)], now=time.time()):
            raise NotFound(documentation.no_such_product(productid))
        return no_content()


class ProductsView(ApiView):
    scopes: ClassVar = dict.fromkeys(("PUT", "PATCH", "DELETE"), Scope.CATALOGUE_WRITE)
    # Up to a thousand products.
    weight = 20

    @documentation.put_products
    def put(self, request: Request) -> HttpResponse:
        items = bodies.many_products(request)
        actions.put([said for _, said in items.taken], now=time.time())
        return _verdicts(items)

    @documentation.patch_products
    def patch(self, request: Request) -> HttpResponse:
        items = bodies.many_products(request)
        unknown = actions.amend([said for _, said in items.taken], now=time.time())
        return _verdicts(items, ((at, said.product.productid) for at, said in items.taken), unknown=unknown)

    @documentation.delete_products
    def delete(self, request: Request) -> HttpResponse:
        items = bodies.many_ids(request)
        unknown = actions.remove([productid for _, productid in items.taken], now=time.time())
        return _verdicts(items, items.taken, unknown=unknown)


def _shown(productid: str) -> HttpResponse:
    """Raises NotFound (404)."""
    found = selectors.products([productid])
    if productid not in found:
        raise NotFound(documentation.no_such_product(productid))
    return json_response(found[productid])


def _verdicts(
    items: Items, asked: Iterable[tuple[int, str]] = (), *, unknown: frozenset[str] | set[str] = frozenset()
) -> HttpResponse:
    """200 where all were taken, 400 where some were not: each of those is named."""
    missing = [
        Refused(at, productid, documentation.no_such_product(productid))
        for at, productid in asked
        if productid in unknown
    ]
    refused = sorted([*items.refused, *missing], key=lambda each: each.index)
    accepted = len(items.taken) - len(missing)
    if not refused:
        return json_response({"accepted": accepted})
    detail = documentation.some_refused(len(refused), accepted + len(refused))
    return problem(HTTPStatus.BAD_REQUEST, detail, accepted=accepted, errors=msgspec.to_builtins(refused))
