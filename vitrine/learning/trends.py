"""What rises now against its own past.

Of a product that got a share s of all clicks over the longer time, s times the clicks of the shorter time are
expected. It rises by as many standard deviations as it got more, (clicks - expected) / sqrt(expected + 1), so that
neither the big nor one that was clicked by chance comes first.
"""

from enum import IntEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled, entry
from vitrine.learning.formulas import LEARNING, SECONDS_A_DAY
from vitrine.learning.layout import Book
from vitrine.learning.pairs import present

# One click is no trend.
_MIN_CLICKS = 1.0


class Period(IntEnum):
    """Over which clicks fade to half: 1.6 hours, 16 hours, 6.5 days; each is compared with one ten times as long."""

    HOUR = 0
    DAY = 1
    WEEK = 2


@entry
def fill_rises(book: Book, period: int, allowed: NDArray[np.bool_], rises: NDArray[np.float32]) -> None:
    """By how many standard deviations each product rises; 0 for one that does not, or is not allowed."""
    now = present(book, LEARNING)
    all_now, all_before = _totals(book, period, now)
    rises[:] = 0
    for product in range(min(len(rises), book.state[0]["products"])):
        if len(allowed) and not (product < len(allowed) and allowed[product]):
            continue
        clicks, before = _clicks(book, product, period, now)
        expected = before / max(all_before, 1e-9) * all_now
        if clicks > _MIN_CLICKS and clicks > expected:
            rises[product] = (clicks - expected) / sqrt(expected + 1.0)


@compiled
def _totals(book: Book, period: int, now: tuple[np.float32, np.float32]) -> tuple[float, float]:
    state = book.state[0]
    long, recent = state["total_long"] * now[0], state["total_recent"] * now[1]
    if period == 0:
        return state["total_hour"], state["total_day"]
    if period == 1:
        return state["total_day"], recent
    return recent, long


@compiled
def _clicks(book: Book, product: int, period: int, now: tuple[np.float32, np.float32]) -> tuple[float, float]:
    """Clicks of a product, each weighing 2 ** (-age / half-life): over the period, and over the longer one."""
    kept = book.products[product]
    days = max(0.0, book.state[0]["newest"] - kept["last"]) / SECONDS_A_DAY
    day = kept["day"] * 2.0 ** (-days / LEARNING.day)
    if period == 0:
        return kept["hour"] * 2.0 ** (-days / LEARNING.hour), day
    if period == 1:
        return day, float(kept["recent"] * now[1])
    return float(kept["recent"] * now[1]), float(kept["long"] * now[0])
