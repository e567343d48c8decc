"""What is told of each candidate to whoever orders them. `rel` is over the largest among the candidates."""

from math import log, log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.candidates import (
    CHOSEN,
    COSINE,
    DIRECT,
    FORWARD_SCORE,
    HISTORY,
    IS_IN,
    LARGEST_SHARE,
    LINK_COUNT,
    NEWEST_BACKWARD,
    NEWEST_COSINE,
    NEWEST_FORWARD,
    NEWEST_RECENT,
    OLDER_SHARE,
    SECOND_SHARE,
    TOUCHED,
    Found,
    row_length,
)
from vitrine.learning.compiled import compiled, entry
from vitrine.learning.formulas import LEARNING, SECONDS_A_DAY
from vitrine.learning.layout import Book
from vitrine.learning.pairs import present

# By column. The first 15 make a small forest, all of them a large one.
SMALL = (
    "score",
    "score_rank",
    "score_rel",
    "two_rel",
    "two_newest_rel",
    "clicks_since",
    "popularity",
    "trend",
    "views",
    "cosine",
    "links",
    "distinct",
    "same_category",
    "same_parent",
    "category_share",
)
LARGE = (
    *SMALL,
    "forward_score",
    "newest_forward",
    "newest_backward",
    "newest_recent",
    "newest_cosine",
    "second_share",
    "older_share",
    "largest_share",
    "popularity_recent",
    "popularity_day",
    "history_length",
    "newest_pairs",
    "newest_repeats",
    "newest_neighbours",
    "largest_score",
    "touched",
    "two",
    "two_newest",
    # Of a product that may be shown again: how many clicks ago it was clicked last, and how often.
    "position",
    "clicks",
)
(_SCORE, _RANK, _SCORE_REL, _TWO_REL, _TWO_NEWEST_REL, _CLICKS_SINCE, _POPULARITY, _TREND, _VIEWS) = range(9)
(_COSINE, _LINKS, _DISTINCT, _SAME_CATEGORY, _SAME_PARENT, _CATEGORY_SHARE) = range(9, 15)
(_FORWARD, _NEWEST_FORWARD, _NEWEST_BACKWARD, _NEWEST_RECENT, _NEWEST_COSINE, _SECOND, _OLDER) = range(15, 22)
(_LARGEST_SHARE, _RECENT, _DAY, _LENGTH, _NEWEST_PAIRS, _REPEATS, _NEIGHBOURS) = range(22, 29)
(_LARGEST_SCORE, _TOUCHED, _TWO, _TWO_NEWEST, _POSITION, _CLICKS) = range(29, 35)

# So that a product's share of all clicks is a number that a logarithm spreads well.
_LONG_SCALE = 4e5
_RECENT_SCALE = 5e4
# Where a rank, or clicks since a click, are not known.
_NO_RANK = 200.0
_LONG_AGO = 25.0
_UNKNOWN = -1.0
_TINY = np.float32(1e-9)


class Categories(NamedTuple):
    """[N]: the category and its parent of each product as numbers, -1 where unknown; empty without a catalogue."""

    category: NDArray[np.int32]
    parent: NDArray[np.int32]


NO_CATEGORIES = Categories(np.zeros(0, np.int32), np.zeros(0, np.int32))


@entry
def fill_features(
    book: Book, found: Found, clicks: NDArray[np.int32], categories: Categories, into: NDArray[np.float32]
) -> None:
    """One row a candidate, in the order of `found.chosen`, all columns of LARGE."""
    _fill_scores(found, into)
    _fill_popularity(book, found, into)
    _fill_links(found, into)
    _fill_history(book, found, clicks, into)
    _fill_repeats(found, clicks, into)
    _fill_categories(found, categories, into)


@compiled
def fill_linear(book: Book, found: Found, into: NDArray[np.float32]) -> None:
    """Only the columns that the linear scorer looks at."""
    _fill_scores(found, into)
    _fill_popularity(book, found, into)


@compiled
def _largest(values: NDArray[np.float32], found: Found) -> np.float32:
    largest = _TINY
    for place in range(found.counts[CHOSEN]):
        largest = max(largest, values[found.chosen[place]])
    return largest


@compiled
def _fill_scores(found: Found, into: NDArray[np.float32]) -> None:
    score, two = _largest(found.score, found), _largest(found.two, found)
    two_newest = _largest(found.two_newest, found)
    for place in range(found.counts[CHOSEN]):
        row, out = found.chosen[place], into[place]
        out[_SCORE] = found.score[row]
        out[_RANK] = place + 1 if place < found.counts[DIRECT] else _NO_RANK
        out[_SCORE_REL] = found.score[row] / score
        out[_TWO_REL] = found.two[row] / two
        out[_TWO_NEWEST_REL] = found.two_newest[row] / two_newest
        out[_LARGEST_SCORE] = score
        out[_TWO], out[_TWO_NEWEST] = found.two[row], found.two_newest[row]


@compiled
def _fill_popularity(book: Book, found: Found, into: NDArray[np.float32]) -> None:
    state = book.state[0]
    long = _LONG_SCALE / max(state["total_long"], 1e-9)
    recent = _RECENT_SCALE / max(state["total_recent"], 1e-9)
    for place in range(found.counts[CHOSEN]):
        product, out = book.products[found.product[found.chosen[place]]], into[place]
        days = max(0.0, state["newest"] - product["last"]) / SECONDS_A_DAY
        out[_CLICKS_SINCE] = (
            log2(1.0 + max(0, state["clicks"] - product["last_click"])) if product["views"] else _LONG_AGO
        )
        out[_POPULARITY] = log(1e-3 + product["long"] * long)
        out[_RECENT] = log(1e-3 + product["recent"] * recent)
        out[_TREND] = out[_RECENT] - out[_POPULARITY]
        out[_VIEWS] = log(1.0 + max(0, product["views"]))
        out[_DAY] = log(1e-2 + product["day"] * 2.0 ** (-days / LEARNING.day))


@compiled
def _fill_links(found: Found, into: NDArray[np.float32]) -> None:
    for place in range(found.counts[CHOSEN]):
        links, out = found.links[found.chosen[place]], into[place]
        out[_COSINE], out[_LINKS] = links[COSINE], links[LINK_COUNT]
        out[_FORWARD], out[_LARGEST_SHARE] = links[FORWARD_SCORE], links[LARGEST_SHARE]
        out[_NEWEST_FORWARD], out[_NEWEST_BACKWARD] = links[NEWEST_FORWARD], links[NEWEST_BACKWARD]
        out[_NEWEST_RECENT], out[_NEWEST_COSINE] = links[NEWEST_RECENT], links[NEWEST_COSINE]
        out[_SECOND], out[_OLDER] = links[SECOND_SHARE], links[OLDER_SHARE]


@compiled
def _fill_history(book: Book, found: Found, clicks: NDArray[np.int32], into: NDArray[np.float32]) -> None:
    """What is the same for all candidates."""
    if found.counts[HISTORY] == 0:
        return
    newest = found.history[0]
    repeats = -1
    for click in clicks:
        repeats += 1 if click == newest else 0
    pairs = log(1e-3 + book.products[newest]["pairs_long"] * present(book, LEARNING)[0])
    for place in range(found.counts[CHOSEN]):
        out = into[place]
        out[_DISTINCT], out[_LENGTH], out[_REPEATS] = found.counts[HISTORY], len(clicks), repeats
        out[_NEWEST_PAIRS], out[_NEIGHBOURS] = pairs, row_length(book, newest)
        out[_TOUCHED] = found.counts[TOUCHED]


@compiled
def _fill_repeats(found: Found, clicks: NDArray[np.int32], into: NDArray[np.float32]) -> None:
    """Where a candidate stands in the history; a list that repeats nothing has none that does."""
    for place in range(found.counts[CHOSEN]):
        row, out = found.chosen[place], into[place]
        out[_POSITION], out[_CLICKS] = _UNKNOWN, 0
        if found.role[row] != IS_IN:
            continue
        product = found.product[row]
        for age in range(len(clicks) - 1, -1, -1):
            if clicks[age] == product:
                out[_POSITION] = age
                out[_CLICKS] += 1


@compiled
def _fill_categories(found: Found, categories: Categories, into: NDArray[np.float32]) -> None:
    known = 0
    for place in range(found.counts[HISTORY]):
        known += 1 if _of(categories.category, found.history[place]) >= 0 else 0
    for place in range(found.counts[CHOSEN]):
        product, out = found.product[found.chosen[place]], into[place]
        category = _of(categories.category, product)
        out[_SAME_CATEGORY], out[_SAME_PARENT], out[_CATEGORY_SHARE] = _UNKNOWN, _UNKNOWN, _UNKNOWN
        if category < 0 or found.counts[HISTORY] == 0:
            continue
        newest = found.history[0]
        if _of(categories.category, newest) >= 0:
            out[_SAME_CATEGORY] = _of(categories.category, newest) == category
            out[_SAME_PARENT] = _of(categories.parent, newest) == _of(categories.parent, product)
        if known:
            out[_CATEGORY_SHARE] = _count_of(found, categories.category, category) / known


@compiled
def _of(values: NDArray[np.int32], product: int) -> int:
    return values[product] if product < len(values) else -1


@compiled
def _count_of(found: Found, values: NDArray[np.int32], wanted: int) -> int:
    count = 0
    for place in range(found.counts[HISTORY]):
        count += 1 if _of(values, found.history[place]) == wanted else 0
    return count
