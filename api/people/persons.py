"""Whose data a request is about."""

from rest_framework.exceptions import NotAuthenticated, ParseError
from rest_framework.request import Request

from api.access.authentication import access_of
from vitrine import events

NOT_SIGNED_IN = "This needs a user token: it says who you are."


def person_in_path(personid: str) -> str:
    """The id in the path. Raises ParseError (400)."""
    if not events.is_id(personid):
        raise ParseError(f"The person's id in the path must be {events.ID_RULE}")
    return personid


def person_of(request: Request) -> str:
    """Who asks, as their user token says. Raises NotAuthenticated (401) where there is none."""
    person = access_of(request).person
    if person is None:
        raise NotAuthenticated(NOT_SIGNED_IN)
    return person
