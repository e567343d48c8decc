"""Whose session is open, and which events were seen: tables of a fixed size, in sets of eight; a full set drops its
oldest, as a processor's cache does.

A user and an event are known by a hash of their id only.
"""

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled
from vitrine.learning.formulas import CLICKS_BACK, SECONDS_A_DAY, SESSION_SECONDS
from vitrine.learning.layout import SET_SIZE, Book
from vitrine.learning.pairs import Moment, pair_up


@compiled
def was_seen(seen: NDArray[np.uint64], key: np.uint64) -> bool:
    """Whether an event was seen before; from now on it was."""
    known = seen[np.int64(key % np.uint64(len(seen)))]
    for place in range(SET_SIZE):
        if known[place] == key:
            return True
    for place in range(SET_SIZE - 1, 0, -1):
        known[place] = known[place - 1]
    known[0] = key
    return False


@compiled
def user_of(users: NDArray[np.void], key: np.uint64) -> int:
    """Where a user is kept; who was not kept takes the place of who was seen last the longest ago."""
    first = int(np.int64(key % np.uint64(len(users) // SET_SIZE))) * SET_SIZE
    oldest = first
    for place in range(first, first + SET_SIZE):
        if users[place]["key"] == key:
            return place
        if users[oldest]["key"] != 0 and (users[place]["key"] == 0 or users[place]["last"] < users[oldest]["last"]):
            oldest = place
    forget_user(users, oldest)
    users[oldest]["key"] = key
    return oldest


@compiled
def forget_user(users: NDArray[np.void], user: int) -> None:
    """Empties a place."""
    users[user]["key"] = np.uint64(0)
    users[user]["last"] = 0.0
    users[user]["length"], users[user]["kept"], users[user]["day"], users[user]["views"] = 0, 0, 0, 0


@compiled
def is_robot(users: NDArray[np.void], user: int, time: float, max_views_a_day: int) -> bool:
    """Counts a view; whether it is one too many for a person on its day. Late views count on the newest day."""
    day = int(np.floor(time / SECONDS_A_DAY))
    if users[user]["day"] < day:
        users[user]["day"], users[user]["views"] = day, 0
    users[user]["views"] += 1
    return users[user]["views"] > max_views_a_day


@compiled
def add_click(book: Book, moment: Moment, user: int, click: tuple[int, float], weight: float) -> None:
    """Puts a click into the user's open session at its own time, and counts its pairs.

    One that comes late changes the distances between those around it: the pairs of the later ones are taken back and
    counted again. So the order in which a session's clicks arrive does not matter, among its last 20. A click more
    than 30 minutes from the open session opens another.
    """
    time = click[1]
    _open(book, user, time)
    kept = book.users[user]["kept"]
    place = _place_at(book, user, time)
    for later in range(place, kept):
        pair_up(book, moment, user, later, -weight)
    _insert(book, user, place, click)
    for later in range(place, kept + 1):
        pair_up(book, moment, user, later, weight)
    if kept == CLICKS_BACK:
        _drop_oldest(book, user)


@compiled
def _open(book: Book, user: int, time: float) -> None:
    session = book.users[user]
    kept = session["kept"]
    if kept and (time > session["last"] + SESSION_SECONDS or time < book.click_times[user, 0] - SESSION_SECONDS):
        session["length"], session["kept"] = 0, 0


@compiled
def _place_at(book: Book, user: int, time: float) -> int:
    """Behind the clicks before it and those at the same time."""
    place, times = book.users[user]["kept"], book.click_times[user]
    while place > 0 and times[place - 1] > time:
        place -= 1
    return place


@compiled
def _insert(book: Book, user: int, place: int, click: tuple[int, float]) -> None:
    session = book.users[user]
    times, clicks = book.click_times[user], book.clicks[user]
    for at in range(session["kept"], place, -1):
        times[at], clicks[at] = times[at - 1], clicks[at - 1]
    clicks[place], times[place] = click
    session["kept"] += 1
    session["length"] += 1
    session["last"] = times[session["kept"] - 1]


@compiled
def _drop_oldest(book: Book, user: int) -> None:
    times, clicks = book.click_times[user], book.clicks[user]
    for place in range(CLICKS_BACK):
        times[place], clicks[place] = times[place + 1], clicks[place + 1]
    book.users[user]["kept"] = CLICKS_BACK
