"""For whom a request may ask."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from api.access.authentication import access_of
from vitrine.identity import has_anonymous_form

# An id that a page makes for a visitor who is not signed in: 128 random bits.
ANONYMOUS_FORM = "anon- and 32 random digits of 0-9 a-f"
# One random id in 28 million has fewer different digits; a number that somebody counts up has.
_DIFFERENT_DIGITS_MINIMUM = 8


def is_anonymous(person: str) -> bool:
    """Whether an id is a visitor's that nobody can guess: whoever knows it is that visitor."""
    return has_anonymous_form(person) is not None and len(set(person[5:])) >= _DIFFERENT_DIGITS_MINIMUM


def require_person(request: Request, person: str) -> None:
    """Raises PermissionDenied (403) unless the request may ask for this person.

    A server's key may ask for everybody; a browser's key for a visitor by an id that cannot be guessed, or for the one
    whom the user token names.
    """
    access = access_of(request)
    if access.is_browser and person != access.person and not is_anonymous(person):
        raise PermissionDenied(
            f"A browser's key is not enough for {person}: send a user token for this person, or an anonymous visitor's"
            f" id ({ANONYMOUS_FORM})."
        )
