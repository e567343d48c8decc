"""Segment's calls: what each message tells of, and of each that was not taken the reason."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar, NamedTuple

import msgspec
from django.http import HttpResponse
from django.urls.converters import StringConverter
from rest_framework.request import Request
from rest_framework.response import Response

from api import actions
from api.access import view_caps
from api.access.authentication import Access, access_of
from api.access.people import ANONYMOUS_FORM, is_anonymous
from api.access.scopes import Scope
from api.doors import documentation
from api.doors.authentication import WriteKeyAuthentication
from api.doors.bodies import envelope_of, messages_of
from api.problems import problem
from api.views.base import ApiView, json_response
from api.views.events import check_lines
from vitrine.doors import segment
from vitrine.doors.segment import Message, RefusedMessageError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics
from vitrine.shop_events import ShopEvent

# By the names of the short addresses, which the library for browsers asks for.
CALLS = {"t": "track", "i": "identify", "a": "alias", "p": "page", "s": "screen", "g": "group", "b": "batch"}
_NOTHING_IN_IT = "it tells of nothing that is kept"


class CallConverter(StringConverter):
    """The calls that a path may name."""

    regex = "|".join(("batch", *segment.CALLS, *CALLS))


class Verdicts(NamedTuple):
    """Of the messages of a call: the events, and of the other messages what was decided."""

    events: list[tuple[ProductView | ShopEvent, bytes]]
    ignored: list[dict[str, object]]
    refused: list[dict[str, object]]


class CallView(ApiView):
    authentication_classes = (WriteKeyAuthentication,)
    scopes: ClassVar = {"POST": Scope.VIEWS_WRITE}

    @documentation.call
    def post(self, request: Request, call: str) -> HttpResponse:
        named, access, now = CALLS.get(call, call), access_of(request), time.time()
        messages = messages_of(request, named)
        verdicts = _judge(messages, named, access, sent_at=envelope_of(request).sentAt, now=now)
        events = verdicts.events
        check_lines([event for event, _ in events])
        if events:
            uncounted = view_caps.over_caps([event for event, _ in events], access)
            actions.publish_events(events=events, uncounted=uncounted, now=now)
            _count(access, "accepted", len(events))
        if not verdicts.refused:
            return json_response({"success": True, "accepted": len(events), "ignored": verdicts.ignored})
        detail = f"{len(verdicts.refused)} of {len(messages)} messages were refused; the others were taken."
        return problem(
            HTTPStatus.BAD_REQUEST,
            detail,
            accepted=len(events),
            ignored=verdicts.ignored,
            errors=verdicts.refused,
        )

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
        """With `code` and `message` in each error: without them libraries for Python send a refused batch ten times."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code >= HTTPStatus.BAD_REQUEST:
            said = msgspec.json.decode(final.content)
            final.content = msgspec.json.encode({**said, "code": said["title"], "message": said["detail"]})
            final.headers["Content-Length"] = str(len(final.content))
        return final


def _judge(
    messages: Sequence[bytes | msgspec.Raw], call: str, access: Access, *, sent_at: str | None, now: float
) -> Verdicts:
    verdicts = Verdicts([], [], [])
    for index, raw in enumerate(messages):
        message = Message()
        try:
            message = segment.decode(raw)
            told = segment.event_of(
                message,
                call=segment.call_of(message) if call == "batch" else call,
                userid=_person(message, access),
                sent_at=sent_at,
                now=now,
            )
        except RefusedMessageError as error:
            verdicts.refused.append(_verdict(index, message, str(error)))
            _count(access, error.reason)
        else:
            if told is None:
                verdicts.ignored.append(_verdict(index, message, _NOTHING_IN_IT))
                _count(access, "ignored")
            else:
                verdicts.events.append(told)
    return verdicts


def _person(message: Message, access: Access) -> str:
    """Whose event it is. A page's word for who is signed in does not do: without their token it is the visitor's.

    Raises RefusedMessageError.
    """
    person = segment.person_of(message)
    if not access.is_browser or person == access.person:
        return person
    if message.anonymousId in {None, ""}:
        raise RefusedMessageError("not allowed", "a browser's key is not enough for `userId`: send a user token")
    visitor = segment.visitor_id(str(message.anonymousId))
    if not is_anonymous(visitor):
        raise RefusedMessageError(
            "not allowed", f"with a browser's key `anonymousId` must be a random UUID, or {ANONYMOUS_FORM}"
        )
    return visitor


def _verdict(index: int, message: Message, reason: str) -> dict[str, object]:
    return {"index": index, "messageId": message.messageId, "reason": reason}


def _count(access: Access, outcome: str, how_many: int = 1) -> None:
    key = "none" if access.key is None else str(access.key.id)
    metrics.SEGMENT_MESSAGES.labels(key, outcome).inc(how_many)
