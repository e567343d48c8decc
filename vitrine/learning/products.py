"""The products of a model and their numbers: a hash table; where all numbers are given, the weakest make room."""

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled, entry
from vitrine.learning.layout import MAX_NAME_BYTES, Book
from vitrine.learning.texts import Texts

# The share of the products that make room at once: looking through all rows for them takes as long for one as for many.
_ROOM = 256


@compiled
def number_of(book: Book, texts: Texts, which: int) -> int:
    """The number of the product with this id; -1 where there is none."""
    numbers, products = book.numbers, book.products
    key, mask = texts.keys[which], len(numbers) - 1
    place = _home(key, mask)
    # No search is longer than the table, also when a reader meets it while it is written.
    for _ in range(len(numbers)):
        number = numbers[place]
        if number < 0 or number >= len(products):
            return -1
        if products[number]["key"] == key and _has_name(book, number, texts, which):
            return number
        place = (place + 1) & mask
    return -1


@compiled
def number_for(book: Book, texts: Texts, which: int) -> int:
    """The number of the product with this id, a new one where it has none; -1 where the id is too long for a name."""
    number = number_of(book, texts, which)
    if number >= 0 or texts.starts[which + 1] - texts.starts[which] > MAX_NAME_BYTES + 1:
        return number
    if book.state[0]["free"] == 0:
        _make_room(book)
    return _add(book, texts, which)


@entry
def numbers_of(book: Book, texts: Texts, found: NDArray[np.int32]) -> None:
    """The numbers of many products; -1 for each that is not known."""
    for which in range(len(found)):
        found[which] = number_of(book, texts, which)


@compiled
def drop(book: Book, dropped: NDArray[np.bool_]) -> None:
    """Frees the numbers that are marked, and forgets every pair and every click of an open session with them."""
    for product in range(book.state[0]["products"]):
        if dropped[product] and book.products[product]["key"] != 0:
            _free(book, product)
        else:
            _forget_neighbours(book, product, dropped)
    _forget_clicks(book.clicks, dropped)
    book.state[0]["renumbered"] += 1


@compiled
def remove_neighbour(book: Book, product: int, place: int) -> None:
    """Takes a neighbour out of a row; the last one takes its place."""
    last = book.products[product]["neighbours"] - 1
    book.products[product]["neighbours"] = last
    book.forward[product, place] = book.forward[product, last]
    book.backward[product, place] = book.backward[product, last]
    book.recent[product, place] = book.recent[product, last]
    book.neighbours[product, place] = book.neighbours[product, last]
    _clear_neighbour(book, product, last)


@compiled
def _home(key: np.uint64, mask: int) -> int:
    """Where the search for a product begins."""
    return int(np.int64(key & np.uint64(mask)))


@compiled
def _has_name(book: Book, number: int, texts: Texts, which: int) -> bool:
    start = texts.starts[which]
    length = texts.starts[which + 1] - 1 - start
    if book.products[number]["name_bytes"] != length:
        return False
    for place in range(length):  # noqa: SIM110 - compiled code has no generators
        if book.names[number, place] != texts.text[start + place]:
            return False
    return True


@compiled
def _add(book: Book, texts: Texts, which: int) -> int:
    state = book.state[0]
    free = state["free"] - 1
    number = book.free[free]
    state["free"] = free
    start = texts.starts[which]
    length = texts.starts[which + 1] - 1 - start
    for place in range(length):
        book.names[number, place] = texts.text[start + place]
    product = book.products[number]
    product["name_bytes"] = length
    product["key"] = texts.keys[which]
    mask = len(book.numbers) - 1
    place = _home(texts.keys[which], mask)
    while book.numbers[place] >= 0:
        place = (place + 1) & mask
    book.numbers[place] = number
    state["products"] = max(state["products"], number + 1)
    return number


@compiled
def _make_room(book: Book) -> None:
    """Drops the least popular products, a 256th of all."""
    count = max(1, len(book.products) // _ROOM)
    popularity = np.empty(len(book.products), np.float32)
    for product in range(len(popularity)):
        popularity[product] = book.products[product]["long"]
    limit = np.partition(popularity, count - 1)[count - 1]
    dropped = np.zeros(len(popularity), np.bool_)
    left = _mark(popularity < limit, dropped, count)
    _mark(popularity == limit, dropped, left)
    drop(book, dropped)


@compiled
def _mark(wanted: NDArray[np.bool_], marked: NDArray[np.bool_], count: int) -> int:
    """Marks the first `count` that are wanted; returns how many are still missing."""
    for product in range(len(wanted)):
        if count > 0 and wanted[product]:
            marked[product] = True
            count -= 1
    return count


@compiled
def _free(book: Book, number: int) -> None:
    _unlist(book, number)
    product = book.products[number]
    product["key"], product["name_bytes"], product["neighbours"], product["views"] = np.uint64(0), 0, 0, 0
    product["last"], product["last_click"] = 0.0, 0
    product["pairs_long"], product["pairs_recent"] = np.float32(0), np.float32(0)
    product["long"], product["recent"] = np.float32(0), np.float32(0)
    product["day"], product["hour"] = np.float32(0), np.float32(0)
    for place in range(book.neighbours.shape[1]):
        _clear_neighbour(book, number, place)
    book.names[number] = 0
    free = book.state[0]["free"]
    book.free[free] = number
    book.state[0]["free"] = free + 1


@compiled
def _unlist(book: Book, number: int) -> None:
    """Takes a number out of the hash table; what lies behind it moves up, so that searches still find it."""
    numbers, mask = book.numbers, len(book.numbers) - 1
    hole = _home(book.products[number]["key"], mask)
    while numbers[hole] != number:
        hole = (hole + 1) & mask
    place = (hole + 1) & mask
    while numbers[place] >= 0:
        home = _home(book.products[numbers[place]]["key"], mask)
        if ((place - home) & mask) >= ((place - hole) & mask):
            numbers[hole] = numbers[place]
            hole = place
        place = (place + 1) & mask
    numbers[hole] = -1


@compiled
def _clear_neighbour(book: Book, product: int, place: int) -> None:
    book.neighbours[product, place] = -1
    book.forward[product, place] = 0
    book.backward[product, place] = 0
    book.recent[product, place] = 0


@compiled
def _forget_neighbours(book: Book, product: int, dropped: NDArray[np.bool_]) -> None:
    place = 0
    while place < book.products[product]["neighbours"]:
        if dropped[book.neighbours[product, place]]:
            remove_neighbour(book, product, place)
        else:
            place += 1


@compiled
def _forget_clicks(clicks: NDArray[np.int32], dropped: NDArray[np.bool_]) -> None:
    for user in range(clicks.shape[0]):
        for place in range(clicks.shape[1]):
            if clicks[user, place] >= 0 and dropped[clicks[user, place]]:
                clicks[user, place] = -1
