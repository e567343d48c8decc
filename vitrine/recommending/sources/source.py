"""The interface of every source of recommendations."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from vitrine.recommending.assortment import Assortment

# Whether a product may be shown; asked while candidates are gathered, so that a narrow filter still fills an answer.
Wanted = Callable[[str], bool]


class History(NamedTuple):
    """A shopper's latest views as (product, Unix seconds), newest first, and the current time (Unix seconds)."""

    views: Sequence[tuple[str, float]]
    now: float


class Candidate(NamedTuple):
    """A product that could be shown, where it comes from, and why, in words for people.

    Scores are comparable within one source only. `is_personal`: it is there because of what the shopper viewed.
    """

    product: str
    source: str
    score: float
    reason: str
    is_personal: bool


class Source(Protocol):
    """A source; safe to use from several threads."""

    @property
    def name(self) -> str:
        """Its name in an answer."""

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        """The wanted products of the catalogue that this source would show, each once, the highest score first.

        Made one by one, as the caller asks for them.
        """
