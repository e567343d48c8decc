"""Whose data a request is about."""

import msgspec
from rest_framework.exceptions import NotAuthenticated, ParseError
from rest_framework.request import Request

from api.access.authentication import access_of
from api.access.people import require_person
from api.views.bodies import json_body
from api.views.parameters import id_in_path
from vitrine import events
from vitrine.identity import ANONYMOUS_PREFIX, VISITOR_PREFIX, is_visitor

NOT_SIGNED_IN = "This needs a user token: it says who you are."


def person_in_path(personid: str) -> str:
    """The id in the path. Raises ParseError (400)."""
    return id_in_path(personid, "person's id")


class Pair(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """The body of POST people/merge/ and unmerge/."""

    visitor_id: str
    user_id: str


def pair_of(request: Request) -> Pair:
    """A visitor and the customer who they say they are.

    Raises ParseError (400), and PermissionDenied (403) unless a browser's key comes with the customer's user token, and
    the visitor's id is one that nobody can guess.
    """
    pair = json_body(request, Pair)
    for name, value in (("visitor-id", pair.visitor_id), ("user-id", pair.user_id)):
        if not events.is_id(value):
            raise ParseError(f"{name} must be {events.ID_RULE}")
    if not is_visitor(pair.visitor_id):
        raise ParseError(f"visitor-id must be a visitor's: {ANONYMOUS_PREFIX}… or {VISITOR_PREFIX}…")
    if is_visitor(pair.user_id):
        raise ParseError("user-id must be a customer, and no visitor.")
    require_person(request, pair.user_id)
    require_person(request, pair.visitor_id)
    return pair


def person_of(request: Request) -> str:
    """Who asks, as their user token says. Raises NotAuthenticated (401) where there is none."""
    person = access_of(request).person
    if person is None:
        raise NotAuthenticated(NOT_SIGNED_IN)
    return person
