"""Which list a preview is of. Everything here raises ParseError (400), naming what is not right."""

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api.rules.selectors import LISTS, Wanted
from api.views.parameters import list_parameters, optional_person_header, period_parameter
from vitrine import events


def wanted_list(request: Request) -> Wanted:
    """A list is asked for as the recommendations are, with its name, and the product that it is beside."""
    name = request.query_params.get("list", LISTS[0])
    if name not in LISTS:
        raise ParseError(f"The query parameter list must be {', '.join(LISTS[:-1])} or {LISTS[-1]}.")
    asked, userid, period = list_parameters(request), optional_person_header(request), period_parameter(request)
    return Wanted(name, _product(request, name), period, userid, asked.limit, asked.filters, asked.placement)


def _product(request: Request, name: str) -> str | None:
    product: str | None = request.query_params.get("product")
    if (name == "similar") != (product is not None):
        raise ParseError("The query parameter product names the product of the list similar, and of no other.")
    if product is not None and not events.is_id(product):
        raise ParseError(f"The query parameter product must be {events.ID_RULE}")
    return product
