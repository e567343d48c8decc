"""What the views share: the form of a request and of an answer."""

import re
from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.limits import LIMIT_DEFAULT
from vitrine import events
from vitrine.recommending import LIMIT_MAXIMUM

_WHOLE_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


class ApiView(APIView):
    """OPTIONS answers with the header Allow, which Django REST framework adds to every answer."""

    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        return no_content()


def no_content() -> Response:
    return Response(status=HTTPStatus.NO_CONTENT)


def json_response(body: object, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")


def id_header(request: Request, name: str) -> str:
    """The id in a header. Raises ParseError (400)."""
    value: str | None = request.META.get(f"HTTP_{name.upper().replace('-', '_')}")
    if value is None:
        raise ParseError(f"The header {name} is missing.")
    if not events.is_id(value):
        raise ParseError(f"The header {name} must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -")
    return value


def limit_parameter(request: Request) -> int:
    """How many products are wanted. Raises ParseError (400)."""
    text = request.query_params.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if not _WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= LIMIT_MAXIMUM:
        raise ParseError(f"The query parameter limit must be a whole number from 1 to {LIMIT_MAXIMUM}.")
    return int(text)


def true_or_false_parameter(request: Request, name: str) -> bool:
    """Whether a query parameter says true; without it, no. Raises ParseError (400)."""
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise ParseError(f"The query parameter {name} must be true or false.")
    return bool(text == "true")
