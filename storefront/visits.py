"""What the shop knows of a visitor: who is signed in, and the cart. In one signed cookie, which the shop needs."""

import re
from dataclasses import dataclass, field

from django.core import signing
from django.http import HttpRequest, HttpResponse

_COOKIE = "shop"
_DAYS = 7
LINES_MAXIMUM = 50
QUANTITY_MAXIMUM = 99
# An id that Vitrine's script makes for a visitor.
_VISITOR = re.compile(r"anon-[0-9a-f]{32}", re.ASCII)


@dataclass
class Visit:
    """`cart` is product id -> quantity, in the order in which they were added."""

    shopper: str | None = None
    cart: dict[str, int] = field(default_factory=dict)

    def add(self, product_id: str, quantity: int) -> None:
        """One more line than there may be is not taken."""
        if product_id in self.cart or len(self.cart) < LINES_MAXIMUM:
            self.cart[product_id] = min(self.cart.get(product_id, 0) + quantity, QUANTITY_MAXIMUM)

    @property
    def items(self) -> int:
        return sum(self.cart.values())


def visit_of(request: HttpRequest) -> Visit:
    """A new one where there is no cookie, or one that is not ours."""
    try:
        shopper, cart = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_COOKIE, max_age=_DAYS * 86_400)
    except signing.BadSignature:
        return Visit()
    return Visit(shopper, cart)


def keep(visit: Visit, response: HttpResponse) -> HttpResponse:
    text = signing.dumps((visit.shopper, visit.cart), salt=_COOKIE, compress=True)
    response.set_cookie(_COOKIE, text, max_age=_DAYS * 86_400, httponly=True, samesite="Lax")
    return response


def is_visitor(text: str) -> bool:
    return _VISITOR.fullmatch(text) is not None
