"""Because of what a product is recommended: the products of the history from which most of its score comes."""

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.candidates import (
    HISTORY,
    TOUCHED,
    Found,
    age_weight,
    power_of_strength,
    row_length,
    total,
)
from vitrine.learning.compiled import compiled, entry
from vitrine.learning.formulas import LEARNING, READING
from vitrine.learning.layout import Book
from vitrine.learning.pairs import present

_BACK = np.float32(LEARNING.back)


@entry
def fill_reasons(book: Book, found: Found, product: int, shares: NDArray[np.float32]) -> None:
    """What each product of the history adds to the score of `product`; where none does, to that of the product between
    them that passes most on to it."""
    now = present(book, LEARNING)
    _direct(book, found, product, shares, now)
    if shares.max() > 0:
        return
    between = _strongest_between(book, found, product, now)
    if between >= 0:
        _direct(book, found, between, shares, now)


@compiled
def _direct(
    book: Book, found: Found, product: int, shares: NDArray[np.float32], now: tuple[np.float32, np.float32]
) -> None:
    shares[:] = 0
    for place in range(found.counts[HISTORY]):
        clicked = found.history[place]
        weight, pairs = _strength_of(book, clicked, product, now), total(book, clicked, now)
        if weight > 0 and pairs > 0:
            by_age = age_weight(found.ages[place])
            shares[place] = by_age / np.float64(pairs) ** READING.total_power * power_of_strength(weight)


@compiled
def _strength_of(book: Book, product: int, neighbour: int, now: tuple[np.float32, np.float32]) -> np.float32:
    neighbours = book.neighbours[product]
    for place in range(row_length(book, product)):
        if neighbours[place] == neighbour:
            pair = book.forward[product, place] + _BACK * book.backward[product, place]
            return pair * now[0] + book.recent[product, place] * now[1]
    return np.float32(0)


@compiled
def _strongest_between(book: Book, found: Found, product: int, now: tuple[np.float32, np.float32]) -> int:
    """Of the products next to the history, the one that passes most of its score on."""
    strongest, most = -1, np.float32(0)
    for row in range(found.counts[TOUCHED]):
        passed = found.score[row] * _strength_of(book, found.product[row], product, now)
        if passed > 0:
            passed /= total(book, found.product[row], now)
        if passed > most:
            strongest, most = found.product[row], passed
    return strongest
