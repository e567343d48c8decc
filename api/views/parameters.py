"""What a request says in its query and headers. Everything here raises ParseError (400), naming what is not right."""

import re

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api.access.people import require_person
from api.limits import EXCLUDE_MAXIMUM, LIMIT_DEFAULT, PRICE_MAXIMUM
from api.lists import ListParameters
from vitrine import events, products
from vitrine.learning import Period
from vitrine.recommending import LIMIT_MAXIMUM, Filters

_WHOLE_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
_PRICE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)


def list_parameters(request: Request) -> ListParameters:
    return ListParameters(
        limit_parameter(request),
        _filters(request),
        true_or_false_parameter(request, "explain"),
        true_or_false_parameter(request, "details"),
        _placement(request),
    )


def person_header(request: Request) -> str:
    """The person in the header user-id. Raises PermissionDenied (403) for one whom the request may not ask for."""
    person = id_header(request, "user-id")
    require_person(request, person)
    return person


def optional_person_header(request: Request) -> str | None:
    """The same, None without one."""
    return person_header(request) if "HTTP_USER_ID" in request.META else None


def id_header(request: Request, name: str) -> str:
    """The id in a header."""
    value: str | None = request.META.get(f"HTTP_{name.upper().replace('-', '_')}")
    if value is None:
        raise ParseError(f"The header {name} is missing.")
    if not events.is_id(value):
        raise ParseError(f"The header {name} must be {events.ID_RULE}")
    return value


def id_in_path(value: str, name: str) -> str:
    """The id in a path; `name` says what it is the id of."""
    if not events.is_id(value):
        raise ParseError(f"The {name} in the path must be {events.ID_RULE}")
    return value


def product_in_path(productid: str) -> str:
    return id_in_path(productid, "product id")


def limit_parameter(request: Request) -> int:
    """How many products are wanted."""
    return _whole_number(request, "limit") or LIMIT_DEFAULT


def true_or_false_parameter(request: Request, name: str, *, default: bool = False) -> bool:
    """Whether a query parameter says true."""
    text = request.query_params.get(name, "true" if default else "false")
    if text not in ("true", "false"):
        raise ParseError(f"The query parameter {name} must be true or false.")
    return bool(text == "true")


def period_parameter(request: Request) -> Period:
    """Over which time something rises."""
    names = [period.name.lower() for period in Period]
    text = request.query_params.get("period", "day")
    if text not in names:
        raise ParseError(f"The query parameter period must be {', '.join(names[:-1])} or {names[-1]}.")
    return Period[text.upper()]


def _filters(request: Request) -> Filters:
    price_from, price_to = _price(request, "price_from"), _price(request, "price_to")
    if price_from is not None and price_to is not None and price_from > price_to:
        raise ParseError("The query parameter price_from must not be above price_to.")
    return Filters(
        category=_category(request),
        exclude=_exclude(request),
        in_stock=true_or_false_parameter(request, "in_stock", default=True),
        price_from=price_from,
        price_to=price_to,
        max_per_category=_whole_number(request, "max_per_category"),
    )


def _whole_number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= LIMIT_MAXIMUM:
        raise ParseError(f"The query parameter {name} must be a whole number from 1 to {LIMIT_MAXIMUM}.")
    return int(text)


def _price(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _PRICE.fullmatch(text):
        raise ParseError(f"The query parameter {name} must be a price from 0 to {PRICE_MAXIMUM}, such as 19.99.")
    return float(text)


def _category(request: Request) -> str | None:
    text: str | None = request.query_params.get("category")
    if text is not None and not products.is_category(text):
        raise ParseError(f"The query parameter category must be {products.CATEGORY_RULE}")
    return text


def _placement(request: Request) -> str | None:
    """Of the form of the placement in shop events (vitrine.shop_events)."""
    text: str | None = request.query_params.get("placement")
    if text is not None and not events.is_id(text):
        raise ParseError(f"The query parameter placement must be {events.ID_RULE}")
    return text


def _exclude(request: Request) -> frozenset[str]:
    """Product ids, separated by commas; the parameter may be repeated."""
    excluded = [product for text in request.query_params.getlist("exclude") for product in text.split(",")]
    if len(excluded) > EXCLUDE_MAXIMUM:
        raise ParseError(f"The query parameter exclude must name no more than {EXCLUDE_MAXIMUM} products.")
    if not all(map(events.is_id, excluded)):
        raise ParseError(
            f"The query parameter exclude must be product ids, each {events.ID_RULE}, separated by commas."
        )
    return frozenset(excluded)
