"""The pages. Each works without JavaScript; what the scripts add to them is in static/."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from api.access.addresses import address_of
from api.access.authentication import is_open
from storefront import access, pictures, shelves
from storefront.visits import QUANTITY_MAXIMUM, Visit, is_visitor, keep, visit_of

# As an id of a product or category may be.
_ID = re.compile(r"[A-Za-z0-9._~:@+-]{1,128}", re.ASCII)
_CARDS_MAXIMUM = 50
_PICTURE_SECONDS = 86_400

View = Callable[..., HttpResponse]


def _page(view: View) -> View:
    """For whoever needs no key; what keeps a page from being made is said in a page."""

    @wraps(view)
    def guarded(request: HttpRequest, **parts: str) -> HttpResponse:
        if not is_open(request, address_of(request, settings.ACCESS_TRUSTED_PROXIES)):
            return _sorry(request, HTTPStatus.FORBIDDEN, "This shop is open to its own machine only.")
        if request.method == "POST" and _is_from_elsewhere(request):
            return _sorry(request, HTTPStatus.FORBIDDEN, "This was sent from a page of another site.")
        if not all(map(_ID.fullmatch, parts.values())):
            return _sorry(request, HTTPStatus.NOT_FOUND, "There is no such page.")
        try:
            if access.ensure():
                return view(request, **parts)
        except (OperationalError, InterfaceError):
            pass
        return _sorry(request, HTTPStatus.SERVICE_UNAVAILABLE, "The shop's database does not answer.")

    return csrf_exempt(guarded)


def _is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether a browser says so, which each of today does: then there is no need of a token and its cookie.

    As CrossOriginProtection of Go's net/http has it.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


@require_GET
@_page
def home(request: HttpRequest) -> HttpResponse:
    words, category, page = request.GET.get("q", "")[:100], request.GET.get("category", ""), request.GET.get("page", "")
    number = int(page) if re.fullmatch(r"[1-9][0-9]{0,4}", page, re.ASCII) else 1
    if "\0" in words or (category and not _ID.fullmatch(category)):
        return _sorry(request, HTTPStatus.BAD_REQUEST, "Nothing can be looked for by this.")
    found, more = shelves.shelf(words=words, category=category, page=number)

    def address(page: int) -> str:
        asked = {"q": words, "category": category, "page": page if page > 1 else ""}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    titles = {each.id: each.title for each in shelves.categories()}
    return _render(
        request,
        "home",
        products=found,
        words=words,
        category=category,
        title=titles.get(category, category) if category else "",
        number=number,
        before=address(number - 1) if number > 1 else "",
        after=address(number + 1) if more else "",
        is_first=not (words or category) and number == 1,
    )


@require_GET
@_page
def product(request: HttpRequest, product_id: str) -> HttpResponse:
    found = shelves.products([product_id]).get(product_id)
    if found is None:
        return _sorry(request, HTTPStatus.NOT_FOUND, "There is no such product.")
    return _render(request, "product", product=found, kind=shelves.kind_of(found.name) or found.category_id)


@require_GET
@_page
def cards(request: HttpRequest) -> HttpResponse:
    """What a card shows of each product, for the lists that come by the API: the shop's own words."""
    ids = [each for each in request.GET.get("products", "").split(",")[:_CARDS_MAXIMUM] if _ID.fullmatch(each)]
    found = shelves.products(ids).values()
    return JsonResponse({each.product_id: {"name": each.name, "price": _money(each.price)} for each in found})


@require_GET
@_page
def picture(request: HttpRequest, product_id: str) -> HttpResponse:
    found = shelves.products([product_id]).get(product_id)
    if found is None:
        return _sorry(request, HTTPStatus.NOT_FOUND, "There is no such picture.")
    drawn = pictures.draw(found.name, shelves.kind_of(found.name))
    headers = {"Cache-Control": f"private, max-age={_PICTURE_SECONDS}"}
    return HttpResponse(drawn, content_type="image/svg+xml", headers=headers)


@require_http_methods(["GET", "POST"])
@_page
def cart(request: HttpRequest) -> HttpResponse:
    visit = visit_of(request)
    if request.method == "POST":
        return _change_cart(request, visit)
    found = shelves.products(visit.cart).values()
    lines = [
        {"product": each, "quantity": visit.cart[each.product_id], "price": each.price * visit.cart[each.product_id]}
        for each in found
    ]
    total = sum((each.price * visit.cart[each.product_id] for each in found if each.in_stock), Decimal())
    return _render(request, "cart", visit=visit, lines=lines, total=total, removed=request.GET.get("removed", ""))


def _change_cart(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Adds `add`, or takes out `remove`."""
    if removed := request.POST.get("remove"):
        visit.cart.pop(removed, None)
        return keep(visit, redirect(f"{reverse('cart')}?{urlencode({'removed': removed})}"))
    added, quantity = request.POST.get("add", ""), request.POST.get("quantity", "1")
    found = shelves.products([added]).get(added) if _ID.fullmatch(added) else None
    if found is None or not found.in_stock:
        return _sorry(request, HTTPStatus.BAD_REQUEST, "This is not for sale.")
    if not re.fullmatch(r"[1-9][0-9]?", quantity, re.ASCII):
        return _sorry(request, HTTPStatus.BAD_REQUEST, f"A quantity is a number from 1 to {QUANTITY_MAXIMUM}.")
    visit.add(added, int(quantity))
    return keep(visit, redirect("cart"))


@require_POST
@_page
def order(request: HttpRequest) -> HttpResponse:
    visit, visitor = visit_of(request), request.POST.get("visitor", "")
    # Without the script nobody knows the visitor again.
    buyer = visit.shopper or (visitor if is_visitor(visitor) else f"guest-{uuid4().hex}")
    made = shelves.buy(user_id=buyer, cart=visit.cart)
    if made is None:
        return _sorry(request, HTTPStatus.BAD_REQUEST, "There is nothing in the cart that can be ordered.")
    return keep(Visit(visit.shopper), redirect(f"{reverse('thanks', args=[made.order_id])}?new=true"))


@require_GET
@_page
def thanks(request: HttpRequest, order_id: str) -> HttpResponse:
    lines = shelves.lines(order_id)
    if not lines:
        return _sorry(request, HTTPStatus.NOT_FOUND, "There is no such order.")
    # In the form of Google Analytics' event `purchase`, which the script for pages reads.
    bought = [{"item_id": each["id"], "quantity": each["quantity"], "price": float(each["price"])} for each in lines]
    purchase = {"event": "purchase", "ecommerce": {"transaction_id": order_id, "items": bought}}
    is_new = request.GET.get("new") == "true"
    return _render(request, "thanks", order_id=order_id, lines=lines, purchase=purchase if is_new else None)


@require_http_methods(["GET", "POST"])
@_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """As one of a few sample shoppers, without a password; `shopper` is empty to sign out."""
    if request.method != "POST":
        return _render(request, "sign_in", shoppers=shelves.shoppers())
    shopper, visit = request.POST.get("shopper", ""), visit_of(request)
    if shopper and shopper not in shelves.shoppers():
        return _sorry(request, HTTPStatus.BAD_REQUEST, "Nobody of this name can be signed in.")
    visit.shopper = shopper or None
    return keep(visit, redirect("/"))


def _money(price: Decimal) -> str:
    return f"€{price:,.2f}"


def _render(request: HttpRequest, name: str, *, visit: Visit | None = None, **context: Any) -> HttpResponse:  # noqa: ANN401
    visit = visit or visit_of(request)
    return render(
        request,
        f"storefront/{name}.html",
        {
            **context,
            "visit": visit,
            "key": access.access().key,
            "token": access.user_token(visit.shopper) if visit.shopper else "",
            # Called where the template has no rendered ones.
            "categories": shelves.categories,
        },
    )


def _sorry(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """A page of its own, which needs no database."""
    response = render(request, "storefront/sorry.html", {"sentence": sentence}, status=status)
    response.is_page = True  # type: ignore[attr-defined] # for the middleware that makes problems of errors
    return response
