"""Views reported by the shop's pages, on their way into Kafka."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api import actions, schema
from api.access import view_caps
from api.access.authentication import access_of
from api.access.people import require_person
from api.access.scopes import Scope
from api.limits import VIEWS_MAXIMUM
from api.problems import problem
from api.views.base import ApiView, json_response
from api.views.bodies import json_bytes
from vitrine import events
from vitrine.errors import InvalidEventError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics


class EventsView(ApiView):
    scopes: ClassVar = {"POST": Scope.VIEWS_WRITE}

    @schema.post_events
    def post(self, request: Request) -> HttpResponse:
        raw_views, now = _split(json_bytes(request)), time.time()
        views, errors = _parse(raw_views, now=now)
        if errors:
            metrics.VIEWS.labels("invalid").inc(len(errors))
            detail = f"{len(errors)} of {len(views) + len(errors)} views are not valid; none was sent."
            return problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
        for userid in {view.userid for view, _ in views}:
            require_person(request, userid)
        uncounted = view_caps.over_caps([view for view, _ in views], access_of(request))
        actions.publish_views(views=views, uncounted=uncounted, now=now)
        return json_response({"accepted": len(views)}, status=HTTPStatus.ACCEPTED)


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
