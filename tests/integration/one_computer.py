"""A visitor, and two customers who use that visitor's computer."""

import uuid
from typing import NamedTuple, Self


class Names(NamedTuple):
    """Of a test's own."""

    visitor: str
    ann: str
    bob: str

    @classmethod
    def new(cls) -> Self:
        unique = uuid.uuid4().hex
        return cls(f"anon-{unique}", f"ann-{unique}", f"bob-{unique}")
