"""Pair counts: what a click adds to the rows of the products clicked before it, and the same taken back.

Click c, for each of the at most 20 clicks before it in its session, a = the d-th before, L = clicks before c, with the
weights of c's own time:

    u = exp(-distance (d - 1)) (L + 1) ** -length
    forward(a, c) += long u    backward(c, a) += long u    recent(a, c) += short u    recent(c, a) += back short u
    pairs of a    += u         pairs of c     += back u    (long and recent)

A full row makes room by its weakest neighbour; the weights of what comes in start at 0.
"""

from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled
from vitrine.learning.formulas import CLICKS_BACK, SECONDS_A_DAY, Learning
from vitrine.learning.layout import Book
from vitrine.learning.products import remove_neighbour

# What is left of a sum from which all was taken back: rounding, not somebody's click.
_ROUNDING = np.float32(1e-4)


class Weights(NamedTuple):
    """What a click weighs at a time, in the sums of both half-lives; negative for one that is taken back."""

    long: float
    recent: float


class Pair(NamedTuple):
    """What a pair adds to a row."""

    forward: np.float32
    backward: np.float32
    recent: np.float32


class Moment(NamedTuple):
    """What stays the same while one event is learned."""

    formula: Learning
    # By what the sums of both half-lives are multiplied to be read now (`present`).
    now: tuple[np.float32, np.float32]
    # Room for what each neighbour of a row weighs.
    room: NDArray[np.float32]


@compiled
def weights_at(book: Book, formula: Learning, time: float, weight: float) -> Weights:
    """What a click of this weight counts at this time."""
    state = book.state[0]
    return Weights(
        weight * 2.0 ** ((time - state["landmark_long"]) / (SECONDS_A_DAY * formula.long)),
        weight * 2.0 ** ((time - state["landmark_recent"]) / (SECONDS_A_DAY * formula.recent)),
    )


@compiled
def present(book: Book, formula: Learning) -> tuple[np.float32, np.float32]:
    """By what the sums of both half-lives are multiplied to be read as of the newest view."""
    now = weights_at(book, formula, book.state[0]["newest"], 1.0)
    return np.float32(1.0 / now.long), np.float32(1.0 / now.recent)


@compiled
def pair_up(book: Book, moment: Moment, user: int, place: int, weight: float) -> None:
    """Counts the click at `place` of the user's kept clicks together with those before it."""
    formula = moment.formula
    clicks = book.clicks[user]
    product = clicks[place]
    if product < 0:
        return
    at = weights_at(book, formula, book.click_times[user, place], weight)
    length = book.users[user]["length"] - book.users[user]["kept"] + place
    by_length = exp(-formula.length * log(length + 1.0))
    for back in range(1, min(CLICKS_BACK, place) + 1):
        before = clicks[place - back]
        if before >= 0:
            share = exp(-formula.distance * (back - 1)) * by_length
            _count(book, moment, (before, product), Weights(at.long * share, at.recent * share))


@compiled
def _count(book: Book, moment: Moment, pair: tuple[int, int], by: Weights) -> None:
    before, after = pair
    long, recent = np.float32(by.long), np.float32(by.recent)
    back = np.float32(moment.formula.back)
    nothing = np.float32(0)
    _change(book, moment, (before, after), Pair(long, nothing, recent))
    _change(book, moment, (after, before), Pair(nothing, long, back * recent))
    one, other = book.products[before], book.products[after]
    one["pairs_long"] = summed(one["pairs_long"], long)
    one["pairs_recent"] = summed(one["pairs_recent"], recent)
    other["pairs_long"] = summed(other["pairs_long"], back * long)
    other["pairs_recent"] = summed(other["pairs_recent"], back * recent)


@compiled
def summed(total: np.float32, by: np.float32) -> np.float32:
    """Adds, or takes back: never below nothing, and what rounding leaves over is nothing."""
    result = total + by
    if by < 0 and result < -by * _ROUNDING:
        return np.float32(0)
    return result


@compiled
def _change(book: Book, moment: Moment, pair: tuple[int, int], by: Pair) -> None:
    product, neighbour = pair
    place = _place_of(book, product, neighbour)
    is_taken_back = by.forward + by.backward < 0
    if place < 0 and is_taken_back:
        return
    if place < 0:
        place = _new_place(book, moment, product, neighbour)
    forward = summed(book.forward[product, place], by.forward)
    backward = summed(book.backward[product, place], by.backward)
    recent = summed(book.recent[product, place], by.recent)
    book.forward[product, place], book.backward[product, place] = forward, backward
    book.recent[product, place] = recent
    if is_taken_back and forward + backward + recent == 0:
        remove_neighbour(book, product, place)


@compiled
def _place_of(book: Book, product: int, neighbour: int) -> int:
    """-1 where it is not in the row. Without a way out of the loop it is vectorised, and quicker."""
    row, wanted, found = book.neighbours[product], np.int32(neighbour), np.int32(-1)
    for place in range(book.products[product]["neighbours"]):
        found = max(found, np.int32(place) if row[place] == wanted else np.int32(-1))
    return int(found)


@compiled
def _new_place(book: Book, moment: Moment, product: int, neighbour: int) -> int:
    place = book.products[product]["neighbours"]
    if place < book.neighbours.shape[1]:
        book.neighbours[product, place] = neighbour
        book.products[product]["neighbours"] = place + 1
        return place
    place = _weakest(book, moment, product)
    book.forward[product, place], book.backward[product, place], book.recent[product, place] = 0, 0, 0
    book.neighbours[product, place] = neighbour
    return place


@compiled
def _weakest(book: Book, moment: Moment, product: int) -> int:
    """The first place of the least weight of a full row.

    Weights are not negative, so that their bits are in the same order: the least of integers is found vectorised.
    """
    long, recently = moment.now
    back, room = np.float32(moment.formula.back), moment.room
    forward, backward, recent = book.forward[product], book.backward[product], book.recent[product]
    for place in range(len(forward)):
        room[place] = (forward[place] + back * backward[place]) * long + recent[place] * recently
    bits = room.view(np.int32)
    least = bits[0]
    for place in range(len(bits)):
        least = min(least, bits[place])
    weakest = np.int32(len(bits))
    for place in range(len(bits)):
        weakest = min(weakest, np.int32(place) if bits[place] == least else np.int32(len(bits)))
    return int(weakest)
