"""A batch of events into the model, event by event."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled, entry
from vitrine.learning.formulas import SECONDS_A_DAY, Learning
from vitrine.learning.layout import Book
from vitrine.learning.pairs import Moment, present, summed, weights_at
from vitrine.learning.products import drop, number_for, number_of
from vitrine.learning.sessions import add_click, forget_user, is_robot, user_of, was_seen
from vitrine.learning.texts import Texts


class Rules(NamedTuple):
    """How a batch is learned."""

    formula: Learning
    # What an event counts; negative to take it back.
    weight: float
    # Whether events are new, or a person's stored ones are gone through again.
    is_new: bool
    max_views_a_day: int


class Batch(NamedTuple):
    """Events: product ids, hashes of event ids and of users, Unix seconds."""

    products: Texts
    events: NDArray[np.uint64]
    users: NDArray[np.uint64]
    times: NDArray[np.float64]


@entry
def learn_batch(book: Book, rules: Rules, batch: Batch) -> None:
    """Learns all events, in their order."""
    room = np.empty(book.neighbours.shape[1], np.float32)
    for which in range(len(batch.times)):
        _learn(book, rules, batch, which, room)


@entry
def forget_session(book: Book, key: np.uint64) -> None:
    """Nothing stays of the user's open session."""
    user = user_of(book.users, key)
    book.clicks[user] = -1
    book.click_times[user] = 0
    forget_user(book.users, user)


@entry
def drop_unviewed(book: Book, products: Texts) -> None:
    """Products of which no view is left have no number any more."""
    dropped = np.zeros(len(book.products), np.bool_)
    for which in range(len(products.keys)):
        number = number_of(book, products, which)
        if number >= 0 and book.products[number]["views"] <= 0:
            dropped[number] = True
    if dropped.any():
        drop(book, dropped)


@compiled
def _learn(book: Book, rules: Rules, batch: Batch, which: int, room: NDArray[np.float32]) -> None:
    state = book.state[0]
    if rules.is_new and was_seen(book.seen, batch.events[which]):
        state["repeated"] += 1
        return
    time = batch.times[which]
    user = user_of(book.users, batch.users[which])
    if is_robot(book.users, user, time, rules.max_views_a_day):
        state["robots"] += 1 if rules.is_new else 0
        return
    if rules.weight < 0:  # noqa: SIM108 - as one expression it takes functions for values, which compiles badly
        number = number_of(book, batch.products, which)
    else:
        number = number_for(book, batch.products, which)
    if rules.is_new:
        _tick(state, rules.formula, time)
    moment = Moment(rules.formula, present(book, rules.formula), room)
    add_click(book, moment, user, (number, time), rules.weight)
    if number >= 0:
        _count(book, rules, number, time)


@compiled
def _tick(state: np.void, formula: Learning, time: float) -> None:
    if state["clicks"] == 0:
        state["newest"] = time
    days = max(0.0, time - state["newest"]) / SECONDS_A_DAY
    state["total_day"] *= 2.0 ** (-days / formula.day)
    state["total_hour"] *= 2.0 ** (-days / formula.hour)
    state["newest"] = max(state["newest"], time)
    state["clicks"] += 1


@compiled
def _count(book: Book, rules: Rules, number: int, time: float) -> None:
    """The popularities of a product."""
    product, state, formula = book.products[number], book.state[0], rules.formula
    if rules.is_new:
        _age(product, formula, time)
        product["last_click"] = state["clicks"]
    weight = weights_at(book, formula, time, rules.weight)
    lag = (product["last"] - time) / SECONDS_A_DAY
    product["long"] = summed(product["long"], np.float32(weight.long))
    product["recent"] = summed(product["recent"], np.float32(weight.recent))
    product["day"] = summed(product["day"], np.float32(rules.weight * 2.0 ** (-lag / formula.day)))
    product["hour"] = summed(product["hour"], np.float32(rules.weight * 2.0 ** (-lag / formula.hour)))
    product["views"] += 1 if rules.weight > 0 else -1
    lag = (state["newest"] - time) / SECONDS_A_DAY
    state["total_long"] = max(0.0, state["total_long"] + weight.long)
    state["total_recent"] = max(0.0, state["total_recent"] + weight.recent)
    state["total_day"] = max(0.0, state["total_day"] + rules.weight * 2.0 ** (-lag / formula.day))
    state["total_hour"] = max(0.0, state["total_hour"] + rules.weight * 2.0 ** (-lag / formula.hour))


@compiled
def _age(product: np.void, formula: Learning, time: float) -> None:
    """Brings the popularities of a day and of an hour to the time of a newer click."""
    if product["views"] <= 0:
        product["last"] = time
    days = max(0.0, time - product["last"]) / SECONDS_A_DAY
    product["day"] *= np.float32(2.0 ** (-days / formula.day))
    product["hour"] *= np.float32(2.0 ** (-days / formula.hour))
    product["last"] = max(product["last"], time)
