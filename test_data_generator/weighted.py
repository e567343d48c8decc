"""Drawing by weight, in logarithmic time."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Weighted(Generic[Item]):
    """Items, each drawn as often as its weight says. As `Random.choices` does, at less cost per call."""

    def __init__(self, items: Sequence[Item], weights: Iterable[float]) -> None:
        self._items = items
        self._cumulative = list(accumulate(weights))
        self._last = len(items) - 1

    def draw(self, random: Random) -> Item:
        return self._items[bisect(self._cumulative, random.random() * self._cumulative[-1], 0, self._last)]


def power_law(count: int, exponent: float) -> list[float]:
    """Zipf's law: the weight of rank k is k ** -exponent, most popular first."""
    return [rank**-exponent for rank in range(1, count + 1)]
