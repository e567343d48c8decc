"""Segment's calls: what each message tells of, and of each that was not taken the reason."""

import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

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
from api.people import actions as people
from api.problems import problem
from api.views.base import ApiView, json_response
from api.views.events import check_lines
from api.views.parameters import true_or_false_parameter
from vitrine.doors import segment
from vitrine.doors.segment import Join, Message, RefusedMessageError, Told
from vitrine.metrics import api as metrics

_NOTHING_IN_IT = "it tells of nothing that is kept"


class CallConverter(StringConverter):
    """The calls that a path may name."""

    regex = "|".join(segment.ADDRESSES)


class Verdicts(NamedTuple):
    """Of the messages of a call: events and who was identified, and of the other messages what was decided."""

    events: list[Told]
    joins: list[Join]
    ignored: list[dict[str, object]]
    refused: list[dict[str, object]]


class CallView(ApiView):
    authentication_classes = (WriteKeyAuthentication,)
    scopes: ClassVar = {"POST": Scope.VIEWS_WRITE}

    @documentation.call
    def post(self, request: Request, call: str) -> HttpResponse:
        named, access, now = segment.ADDRESSES[call], access_of(request), time.time()
        wanted = true_or_false_parameter(request, "positions")
        messages = messages_of(request, named)
        verdicts = _judge(messages, named, access, sent_at=envelope_of(request).sentAt, now=now)
        events = [event for event, _ in verdicts.events]
        check_lines(events)
        more: dict[str, Any] = {"positions": []} if wanted else {}
        if events:
            uncounted = view_caps.over_caps(events, access)
            found = actions.publish_events(events=verdicts.events, uncounted=uncounted, now=now, positions=wanted)
            more = {"positions": found} if wanted else {}
        # Last, as it needs Cassandra: what was viewed is not to be lost with it.
        _merge(verdicts.joins, now=now)
        accepted = len(verdicts.events) + len(verdicts.joins)
        _count(access, "accepted", accepted)
        if not verdicts.refused:
            return json_response({"success": True, "accepted": accepted, "ignored": verdicts.ignored, **more})
        detail = f"{len(verdicts.refused)} of {len(messages)} messages were refused; the others were taken."
        return problem(
            HTTPStatus.BAD_REQUEST,
            detail,
            accepted=accepted,
            ignored=verdicts.ignored,
            errors=verdicts.refused,
            **more,
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
    verdicts = Verdicts([], [], [], [])
    for index, raw in enumerate(messages):
        message = Message()
        try:
            message = segment.decode(raw)
            named = segment.call_of(message) if call == "batch" else call
            found = _found(message, named, access, sent_at=sent_at, now=now)
        except RefusedMessageError as error:
            verdicts.refused.append(_verdict(index, message, str(error)))
            _count(access, error.reason)
            continue
        match found:
            case Join():
                verdicts.joins.append(found)
            case None:
                verdicts.ignored.append(_verdict(index, message, _NOTHING_IN_IT))
                _count(access, "ignored")
            case _:
                verdicts.events.append(found)
    return verdicts


def _found(message: Message, call: str, access: Access, *, sent_at: str | None, now: float) -> Told | Join | None:
    """Raises RefusedMessageError."""
    if call not in {"identify", "alias"}:
        return segment.event_of(message, call=call, userid=_person(message, access), sent_at=sent_at, now=now)
    join = segment.join_of(message, sent_at=sent_at, now=now)
    if join is not None and access.is_browser and not (join.userid == access.person and is_anonymous(join.visitorid)):
        raise RefusedMessageError(
            "not allowed", f"a browser's key is not enough for `{call}`: send a user token, or from the shop's server"
        )
    return join


def _merge(joins: Iterable[Join], *, now: float) -> None:
    """Of several of one visitor and one customer, with no other customer between, the last says what the others do."""
    in_order = sorted(joins, key=lambda each: (each.visitorid, each.at))
    for (visitorid, userid), same in groupby(in_order, key=lambda each: (each.visitorid, each.userid)):
        *_, last = same
        people.merge(visitorid=visitorid, userid=userid, at=last.at, now=now)


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
