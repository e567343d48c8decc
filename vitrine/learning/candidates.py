"""What may come next after a history: candidates, and what is known of each.

With v(i, j) = (forward + back * backward) as of now + recent as of now, and R(i) the total of i's pairs:

    B(j)            = sum over the history of age_base ** age (1 + age) ** -age_power v(i, j) ** 0.75 / R(i) ** 0.4
    two(j)          = sum over the 30 best m by B of B(m) v(m, j) / R(m)
    two_newest(j)   = the same over the newest product's 30 strongest neighbours m, by v(newest, m) / R(newest)

The history is at most 20 distinct products of the last 50 clicks; age 0 is the newest. Candidates are the best 70 by B,
filled up to 100 by two. Only products that are allowed become candidates; the steps go over all of them.
"""

from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled, entry
from vitrine.learning.formulas import HISTORY_CLICKS, HISTORY_PRODUCTS, LEARNING, READING
from vitrine.learning.layout import Book
from vitrine.learning.pairs import present

_BACK = np.float32(LEARNING.back)
# A product of the history: never a candidate, or always one.
IS_OUT = 1
IS_IN = 2
# Of a number that is none.
_NOWHERE = -2


class Found(NamedTuple):
    """Arrays to gather candidates in, one row a product that was met; for one thread at a time."""

    # [N]: the row of each product that was met, -1 for all others.
    row_of: NDArray[np.int32]
    product: NDArray[np.int32]
    score: NDArray[np.float32]
    two: NDArray[np.float32]
    two_newest: NDArray[np.float32]
    # Whether it is of the history.
    role: NDArray[np.int8]
    # What only a forest looks at: a row of LINKS each.
    links: NDArray[np.float32]
    # The neighbours of the product that is just looked at: their rows and what they weigh.
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    # Room for choosing the best.
    values: NDArray[np.float32]
    heap: NDArray[np.int32]
    heap_values: NDArray[np.float32]
    stones: NDArray[np.int32]
    # What was found: rows of candidates, the best first.
    chosen: NDArray[np.int32]
    # The distinct products of the history, newest first, and the age of each.
    history: NDArray[np.int32]
    ages: NDArray[np.int32]
    # How many: rows, history products, candidates, candidates by B, rows met directly.
    counts: NDArray[np.int64]


ROWS, HISTORY, CHOSEN, DIRECT, TOUCHED = range(5)

# What the pairs of a candidate with the history say, by column of `links`.
(
    FORWARD_SCORE,
    LARGEST_SHARE,
    COSINE,
    LINK_COUNT,
    NEWEST_FORWARD,
    NEWEST_BACKWARD,
    NEWEST_RECENT,
    NEWEST_COSINE,
    SECOND_SHARE,
    OLDER_SHARE,
) = range(10)
_LINKS = 10


class HistoryProduct(NamedTuple):
    """What a product of the history gives on to its neighbours."""

    pairs: np.float32
    factor: np.float32
    by_age: np.float32


class Question(NamedTuple):
    """What candidates are wanted for."""

    # Clicks, newest first, at most 50.
    clicks: NDArray[np.int32]
    # [N], or empty where everything is allowed.
    allowed: NDArray[np.bool_]
    # Whether what is in the history may come again: it is always among the candidates then.
    may_repeat: bool
    # Whether the columns of `links` are wanted.
    with_links: bool


def found_for(products: int, neighbours: int) -> Found:
    """Room for whatever a question may meet in a model of this size."""
    rows = (HISTORY_PRODUCTS + 2 * READING.stepping_stones) * neighbours + HISTORY_PRODUCTS
    rows = min(rows, products)
    heap = max(READING.candidates, READING.stepping_stones)

    def zeros(length: int) -> NDArray[np.float32]:
        return np.zeros(length, np.float32)

    def numbers(length: int) -> NDArray[np.int32]:
        return np.zeros(length, np.int32)

    return Found(
        row_of=np.full(products, -1, np.int32),
        product=numbers(rows),
        score=zeros(rows),
        two=zeros(rows),
        two_newest=zeros(rows),
        role=np.zeros(rows, np.int8),
        links=np.zeros((rows, _LINKS), np.float32),
        rows=numbers(neighbours),
        weights=zeros(neighbours),
        values=zeros(rows),
        heap=numbers(heap),
        heap_values=zeros(heap),
        stones=numbers(heap),
        chosen=numbers(READING.candidates),
        history=numbers(HISTORY_PRODUCTS),
        ages=numbers(HISTORY_PRODUCTS),
        counts=np.zeros(5, np.int64),
    )


@entry
def find_candidates(book: Book, found: Found, question: Question) -> int:
    """Fills `found`; returns how many candidates there are."""
    _clear(found)
    _read_history(book, found, question.clicks)
    now = present(book, LEARNING)
    _score_neighbours(book, found, question, now)
    found.counts[TOUCHED] = found.counts[ROWS]
    _mark_history(found, question)
    _step_from_best(book, found, now)
    _step_from_newest(book, found, now)
    _choose(found, question)
    return found.counts[CHOSEN]


@compiled
def _clear(found: Found) -> None:
    """Takes away what the last question left."""
    for row in range(found.counts[ROWS]):
        found.row_of[found.product[row]] = -1
    found.counts[:] = 0


@compiled
def total(book: Book, product: int, now: tuple[np.float32, np.float32]) -> np.float32:
    """What all pairs of a product weigh now."""
    kept = book.products[product]
    return kept["pairs_long"] * now[0] + kept["pairs_recent"] * now[1]


@compiled
def row_length(book: Book, product: int) -> int:
    """How many neighbours a product has; never more than there is room for, whatever is being written."""
    return max(0, min(book.products[product]["neighbours"], book.neighbours.shape[1]))


@compiled
def weigh_neighbours(book: Book, product: int, now: tuple[np.float32, np.float32], weights: NDArray[np.float32]) -> int:
    """v: what a product and each of its neighbours weigh together now; how many neighbours there are."""
    length = row_length(book, product)
    forward, backward, recent = book.forward[product], book.backward[product], book.recent[product]
    long, recently = now
    for place in range(length):
        weights[place] = (forward[place] + _BACK * backward[place]) * long + recent[place] * recently
    return length


@compiled
def age_weight(age: int) -> np.float32:
    """What a click counts that lies so many clicks back."""
    return np.float32(exp(age * log(READING.age_base) - READING.age_power * log(1.0 + age)))


@compiled
def power_of_strength(value: np.float32) -> np.float32:
    """value ** 0.75"""
    root = sqrt(value)
    return np.float32(root * sqrt(root))


@compiled
def best(values: NDArray[np.float32], found: Found, count: int, into: NDArray[np.int32]) -> int:
    """Writes the places of the `count` largest values above 0, best first, of equal ones the first; how many."""
    heap, heap_values, size = found.heap, found.heap_values, 0
    for place in range(len(values)):
        value = values[place]
        if value <= 0:
            continue
        if size < count:
            _push(heap, heap_values, size, value, place)
            size += 1
        elif value > heap_values[0]:
            _replace_least(heap, heap_values, size, value, place)
    for last in range(size - 1, -1, -1):
        into[last] = heap[0]
        _replace_least(heap, heap_values, last, heap_values[last], heap[last])
    return size


@compiled
def _push(heap: NDArray[np.int32], values: NDArray[np.float32], size: int, value: np.float32, place: int) -> None:
    """Into a heap with the least value on top, of equal ones the last place."""
    child = size
    while child > 0:
        parent = (child - 1) // 2
        if values[parent] < value or (values[parent] == value and heap[parent] > place):
            break
        values[child], heap[child] = values[parent], heap[parent]
        child = parent
    values[child], heap[child] = value, place


@compiled
def _replace_least(
    heap: NDArray[np.int32], values: NDArray[np.float32], size: int, value: np.float32, place: int
) -> None:
    parent = 0
    while 2 * parent + 1 < size:
        child = 2 * parent + 1
        if child + 1 < size and _is_less(heap, values, child + 1, child):
            child += 1
        if value < values[child] or (value == values[child] and place >= heap[child]):
            break
        values[parent], heap[parent] = values[child], heap[child]
        parent = child
    values[parent], heap[parent] = value, place


@compiled
def _is_less(heap: NDArray[np.int32], values: NDArray[np.float32], one: int, other: int) -> bool:
    return values[one] < values[other] or (values[one] == values[other] and heap[one] > heap[other])


@compiled
def _read_history(book: Book, found: Found, clicks: NDArray[np.int32]) -> None:
    count = 0
    for age in range(min(len(clicks), HISTORY_CLICKS)):
        product = clicks[age]
        is_new = 0 <= product < len(book.products)
        for place in range(count):
            is_new = is_new and found.history[place] != product
        if is_new and count < HISTORY_PRODUCTS:
            found.history[count], found.ages[count] = product, age
            count += 1
    found.counts[HISTORY] = count


@compiled
def _row_for(found: Found, product: int) -> int:
    """The row of a product, a new one where it has none yet."""
    found.rows[0] = product
    _find_rows(found, found.rows[:1], len(found.row_of))
    return found.rows[0]


@compiled
def _look_at(book: Book, found: Found, product: int, now: tuple[np.float32, np.float32]) -> int:
    """Puts the rows of a product's neighbours into `rows`, what they weigh into `weights`; how many there are."""
    length = weigh_neighbours(book, product, now, found.weights)
    rows = found.rows[:length]
    rows[:] = book.neighbours[product, :length]
    _find_rows(found, rows, len(book.products))
    return length


@compiled
def _find_rows(found: Found, products: NDArray[np.int32], limit: int) -> None:
    """Replaces numbers of products by their rows, new ones where they have none; -1 for what is no number."""
    row_of, product_of, count = found.row_of, found.product, found.counts[ROWS]
    for place in range(len(products)):
        product = products[place]
        row = row_of[product] if 0 <= product < limit else _NOWHERE
        if row == -1 and count < len(product_of):
            row = count
            row_of[product], product_of[row] = row, product
            _clear_row((found.score, found.two, found.two_newest), found.role, found.links, row)
            count += 1
        products[place] = max(row, -1)
    found.counts[ROWS] = count


@compiled
def _score_neighbours(book: Book, found: Found, question: Question, now: tuple[np.float32, np.float32]) -> None:
    for place in range(found.counts[HISTORY]):
        product = found.history[place]
        pairs = total(book, product, now)
        if pairs <= 0:
            continue
        by_age = age_weight(found.ages[place])
        factor = np.float32(by_age / np.float64(pairs) ** READING.total_power)
        length = _look_at(book, found, product, now)
        rows, weights, score = found.rows, found.weights, found.score
        for at in range(length):
            if rows[at] >= 0:
                score[rows[at]] += factor * power_of_strength(weights[at])
        if question.with_links:
            _link(book, found, place, HistoryProduct(pairs, factor, by_age), now)


@compiled
def _clear_row(
    sums: tuple[NDArray[np.float32], ...], role: NDArray[np.int8], links: NDArray[np.float32], row: int
) -> None:
    for values in sums:
        values[row] = 0
    role[row] = 0
    for column in range(_LINKS):
        links[row, column] = 0


@compiled
def _link(book: Book, found: Found, place: int, of: HistoryProduct, now: tuple[np.float32, np.float32]) -> None:
    """What a forest looks at, of the pairs of a history product with its neighbours."""
    product, links = found.history[place], found.links
    forward = book.forward[product]
    for at in range(row_length(book, product)):
        row, weight = found.rows[at], found.weights[at]
        if row < 0:
            continue
        share = weight / of.pairs
        there = total(book, found.product[row], now)
        cosine = np.float32(weight / sqrt(of.pairs * there + np.float32(1e-20)))
        links[row, FORWARD_SCORE] += of.factor * power_of_strength(forward[at] * now[0])
        links[row, LARGEST_SHARE] = max(links[row, LARGEST_SHARE], share)
        links[row, COSINE] += of.by_age * cosine
        links[row, LINK_COUNT] += 1
        if place == 0:
            links[row, NEWEST_COSINE] = cosine
        elif place == 1:
            links[row, SECOND_SHARE] = share
        else:
            links[row, OLDER_SHARE] += share * of.by_age
    if place == 0:
        _link_newest(book, found, product, of.pairs, now)


@compiled
def _link_newest(book: Book, found: Found, product: int, pairs: np.float32, now: tuple[np.float32, np.float32]) -> None:
    links, forward, backward, recent = found.links, book.forward[product], book.backward[product], book.recent[product]
    for at in range(row_length(book, product)):
        row = found.rows[at]
        if row >= 0:
            links[row, NEWEST_FORWARD] = forward[at] * now[0] / pairs
            links[row, NEWEST_BACKWARD] = backward[at] * now[0] / pairs
            links[row, NEWEST_RECENT] = recent[at] * now[1] / pairs


@compiled
def _mark_history(found: Found, question: Question) -> None:
    for place in range(found.counts[HISTORY]):
        row = _row_for(found, found.history[place])
        if row >= 0:
            found.role[row] = IS_IN if question.may_repeat else IS_OUT


@compiled
def _step_from_best(book: Book, found: Found, now: tuple[np.float32, np.float32]) -> None:
    rows = found.counts[TOUCHED]
    for row in range(rows):
        found.values[row] = 0 if found.role[row] == IS_OUT else found.score[row]
    count = best(found.values[:rows], found, READING.stepping_stones, found.stones)
    for stone in range(count):
        row = found.stones[stone]
        _step(book, found, found.two, (found.product[row], found.score[row]), now)


@compiled
def _step_from_newest(book: Book, found: Found, now: tuple[np.float32, np.float32]) -> None:
    if found.counts[HISTORY] == 0:
        return
    newest = found.history[0]
    pairs = total(book, newest, now)
    if pairs <= 0:
        return
    length = _look_at(book, found, newest, now)
    weights, rows = found.weights[:length], found.rows[:length]
    for place in range(length):
        if rows[place] < 0 or found.product[rows[place]] == newest:
            weights[place] = 0
    count = best(weights, found, READING.stepping_stones, found.stones)
    for stone in range(count):
        place = found.stones[stone]
        found.values[stone] = weights[place] / pairs
        found.stones[stone] = rows[place]
    for stone in range(count):
        _step(book, found, found.two_newest, (found.product[found.stones[stone]], found.values[stone]), now)


@compiled
def _step(
    book: Book,
    found: Found,
    sums: NDArray[np.float32],
    stone: tuple[int, np.float32],
    now: tuple[np.float32, np.float32],
) -> None:
    """Passes what a product scores on to its neighbours."""
    product, score = stone
    pairs = total(book, product, now)
    if pairs <= 0:
        return
    share = score / pairs
    length = _look_at(book, found, product, now)
    rows, weights = found.rows, found.weights
    for at in range(length):
        if rows[at] >= 0:
            sums[rows[at]] += share * weights[at]


@compiled
def _choose(found: Found, question: Question) -> None:
    rows = found.counts[ROWS]
    for row in range(rows):
        found.values[row] = found.score[row] if _may_be(found, question, row) else 0
    direct = best(found.values[:rows], found, READING.direct, found.chosen)
    for row in range(rows):
        found.values[row] = found.two[row] if _may_be(found, question, row) else 0
    for place in range(direct):
        found.values[found.chosen[place]] = 0
    more = best(found.values[:rows], found, READING.candidates - direct, found.chosen[direct:])
    found.counts[DIRECT], found.counts[CHOSEN] = direct, direct + more
    if question.may_repeat:
        _put_history_in(found, question)


@compiled
def _may_be(found: Found, question: Question, row: int) -> bool:
    if found.role[row] == IS_OUT:
        return False
    product = found.product[row]
    return len(question.allowed) == 0 or (product < len(question.allowed) and question.allowed[product])


@compiled
def _put_history_in(found: Found, question: Question) -> None:
    """What is in the history is among the candidates; the last of the others make room."""
    for place in range(found.counts[HISTORY]):
        row = found.row_of[found.history[place]]
        if row < 0 or not _may_be(found, question, row) or _is_chosen(found, row):
            continue
        count = found.counts[CHOSEN]
        if count < len(found.chosen):
            found.chosen[count] = row
            found.counts[CHOSEN] = count + 1
            continue
        last = count - 1
        while last > 0 and found.role[found.chosen[last]] == IS_IN:
            last -= 1
        found.chosen[last] = row


@compiled
def _is_chosen(found: Found, row: int) -> bool:
    return bool((found.chosen[: found.counts[CHOSEN]] == row).any())
