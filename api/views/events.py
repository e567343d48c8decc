"""Views reported by the shop's pages, on their way into Kafka."""

import time
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from api import actions, schema
from api.limits import BODY_BYTES_MAXIMUM, VIEWS_MAXIMUM
from api.problems import RequestTooLarge, problem
from api.views.base import ApiView, json_response
from vitrine import events
from vitrine.errors import InvalidEventError
from vitrine.events import ProductView


class EventsView(ApiView):
    @schema.post_events
    def post(self, request: Request) -> HttpResponse:
        raw_views, now = _split(_body(request)), time.time()
        views, errors = _parse(raw_views, now=now)
        if errors:
            detail = f"{len(errors)} of {len(views) + len(errors)} views are not valid; none was sent."
            return problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
        actions.publish_views(views=views, now=now)
        return json_response({"accepted": len(views)}, status=HTTPStatus.ACCEPTED)


def _body(request: Request) -> bytes:
    """The bytes of a JSON body, of a stated length or in chunks. Raises 413 and 415."""
    content_type = request.META.get("CONTENT_TYPE", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(content_type, "The Content-Type must be application/json.")
    # Django reads nothing of a chunked body, as it has no stated length; the server marks where either ends.
    body: bytes = request.META["wsgi.input"].read(BODY_BYTES_MAXIMUM + 1)
    if len(body) > BODY_BYTES_MAXIMUM:
        raise RequestTooLarge(f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes.")
    return body


def _split(body: bytes) -> list[msgspec.Raw]:
    """The views of a body as the bytes they came in: unknown fields reach Kafka. Raises ParseError (400)."""
    try:
        body.decode()
        one_or_many = msgspec.json.decode(body, type=msgspec.Raw)
        if not bytes(one_or_many).startswith(b"["):
            return [one_or_many]
        views = msgspec.json.decode(one_or_many, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON: {error}") from None
    if not 1 <= len(views) <= VIEWS_MAXIMUM:
        raise ParseError(f"A list must hold 1 to {VIEWS_MAXIMUM} views, not {len(views)}.")
    return views


def _parse(
    raw_views: Sequence[msgspec.Raw], *, now: float
) -> tuple[list[tuple[ProductView, bytes]], list[dict[str, object]]]:
    """Each valid view with its bytes, and index and reason of each other one."""
    views: list[tuple[ProductView, bytes]] = []
    errors: list[dict[str, object]] = []
    for index, raw in enumerate(raw_views):
        text = bytes(raw)
        try:
            views.append((events.parse(text, now=now), text))
        except InvalidEventError as error:
            errors.append({"index": index, "reason": str(error)})
    return views, errors
