"""Whose is what a visitor did: of the customer who was identified next after it; after the last, of the last.

So a computer that several customers use joins none of them: each has what was done before they said who they are, since
somebody else did.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

# What a visitor's id begins with: of the form that nobody can guess, and of any other.
ANONYMOUS_PREFIX = "anon-"
VISITOR_PREFIX = "visitor:"
# Whether a text has the form of an id that nobody can guess: 128 random bits.
has_anonymous_form = re.compile(f"{ANONYMOUS_PREFIX}[0-9a-f]{{32}}", re.ASCII).fullmatch


class Identification(NamedTuple):
    """A visitor said who they are, the customer `userid`. Times are the driver's: in UTC, without a zone."""

    at: datetime
    userid: str


def is_visitor(userid: str) -> bool:
    """Whether an id is a visitor's, and so no customer's."""
    return userid.startswith((ANONYMOUS_PREFIX, VISITOR_PREFIX))


def owner(identifications: Sequence[Identification], moment: datetime) -> str | None:
    """Whose it is what a visitor did at a moment; None of a visitor who was never identified.

    The identifications are in the order of time.
    """
    if not identifications:
        return None
    place = bisect_left(identifications, moment, key=lambda each: each.at)
    return identifications[min(place, len(identifications) - 1)].userid
