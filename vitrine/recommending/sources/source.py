"""The interface of every source of recommendations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.filters import Selection


@dataclass(frozen=True)
class Wanted:
    """Whether a product may be shown.

    Asked while candidates are gathered, so that a narrow wish still fills an answer.
    """

    selection: Selection
    # What is asked besides.
    also: Callable[[str], bool]
    # Whether the reasons will be read; they may take longer than all the rest.
    reasons: bool = False

    def __call__(self, product: str) -> bool:
        return product in self.selection and self.also(product)


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
        """The wanted products that this source would show, each once, the highest score first.

        Made one by one, as the caller asks for them.
        """
