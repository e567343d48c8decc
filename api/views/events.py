"""What the shop's pages report, on its way into Kafka."""

import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request

from api import actions, schema, selectors
from api.access import view_caps
from api.access.authentication import access_of
from api.access.people import require_person
from api.access.scopes import Scope
from api.limits import LINES_MAXIMUM, VIEWS_MAXIMUM
from api.problems import problem
from api.views.base import ApiView, json_response
from api.views.bodies import json_bytes
from api.views.parameters import id_in_path, person_header, true_or_false_parameter
from vitrine import events, shop_events
from vitrine.errors import InvalidEventError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics
from vitrine.shop_events import ShopEvent


class EventsView(ApiView):
    scopes: ClassVar = {"POST": Scope.VIEWS_WRITE}

    @schema.post_events
    def post(self, request: Request) -> HttpResponse:
        wanted = true_or_false_parameter(request, "positions")
        raw_events, now = _split(json_bytes(request)), time.time()
        posted, errors = _parse(raw_events, now=now)
        if errors:
            metrics.VIEWS.labels("invalid").inc(len(errors))
            detail = f"{len(errors)} of {len(posted) + len(errors)} views are not valid; none was sent."
            return problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
        check_lines([event for event, _ in posted])
        for userid in {event.userid for event, _ in posted}:
            require_person(request, userid)
        uncounted = view_caps.over_caps([event for event, _ in posted], access_of(request))
        positions = actions.publish_events(events=posted, uncounted=uncounted, now=now, positions=wanted)
        more = {"positions": positions} if wanted else {}
        return json_response({"accepted": len(posted), **more}, status=HTTPStatus.ACCEPTED)


class EventView(ApiView):
    scopes: ClassVar = {"GET": Scope.HISTORY_READ}

    @schema.stored_event
    def get(self, request: Request, messageid: str) -> HttpResponse:
        id_in_path(messageid, "message id")
        userid = person_header(request)
        found = selectors.stored_event(userid=userid, messageid=messageid, now=time.time())
        if found is None:
            raise NotFound(schema.not_stored(messageid, userid))
        return json_response(found)


def check_lines(posted: Iterable[ProductView | ShopEvent]) -> None:
    """Raises ParseError (400) where carts and orders hold more products than are counted in one step."""
    lines = sum(len(shop_events.products(event)) for event in posted if not isinstance(event, ProductView))
    if lines > LINES_MAXIMUM:
        raise ParseError(f"The carts and orders of a request must hold no more than {LINES_MAXIMUM} products.")


def _split(body: bytes) -> list[msgspec.Raw]:
    """The events of a body as the bytes they came in: unknown fields reach Kafka. Raises ParseError (400)."""
    try:
        body.decode()
        one_or_many = msgspec.json.decode(body, type=msgspec.Raw)
        if not bytes(one_or_many).startswith(b"["):
            return [one_or_many]
        several = msgspec.json.decode(one_or_many, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON: {error}") from None
    if not 1 <= len(several) <= VIEWS_MAXIMUM:
        raise ParseError(f"A list must hold 1 to {VIEWS_MAXIMUM} views, not {len(several)}.")
    return several


def _parse(
    raw_events: Sequence[msgspec.Raw], *, now: float
) -> tuple[list[tuple[ProductView | ShopEvent, bytes]], list[dict[str, object]]]:
    """Each valid event with its bytes, and index and reason of each other one."""
    found: list[tuple[ProductView | ShopEvent, bytes]] = []
    errors: list[dict[str, object]] = []
    for index, raw in enumerate(raw_events):
        text = bytes(raw)
        try:
            found.append((_event(text, now=now), text))
        except InvalidEventError as error:
            errors.append({"index": index, "reason": str(error)})
    return found, errors


def _event(text: bytes, *, now: float) -> ProductView | ShopEvent:
    """A view, unless it says that it is another event. Raises InvalidEventError."""
    try:
        return events.parse(text, now=now)
    except InvalidEventError:
        if not shop_events.is_named(text):
            raise
    return shop_events.parse(text, now=now)
