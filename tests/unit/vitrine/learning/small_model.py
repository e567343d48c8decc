"""Small models, and what stands in them by product id."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vitrine.learning import Events, Model, Size, Stream
from vitrine.learning.layout import Book, map_file

NOON = 1_700_049_600.0
MINUTE, DAY = 60.0, 86400.0
MIDNIGHT = NOON - DAY / 2
SMALL = Size(products=400, neighbours=64, users=800, events=8000)


class View(NamedTuple):
    user: str
    product: str
    id: str
    time: float


def events(views: Iterable[View]) -> Events:
    return Events(*([list(column) for column in zip(*views, strict=True)] or ([], [], [], [])))


def learn(model: Model, views: Iterable[View], *, stream: Stream = Stream.VIEWS) -> None:
    model.learn(events(views), stream=stream)


def session(user: str, products: str, *, at: float = NOON) -> list[View]:
    """Clicks a minute apart: products are named by words."""
    return [
        View(user, product, f"{user}-{at}-{number}", at + number * MINUTE)
        for number, product in enumerate(products.split())
    ]


def random_sessions(seed: int, *, users: int, products: int = 40, prefix: str = "u") -> list[View]:
    """Sessions of 1 to 30 clicks in the 60 days after NOON, user by user; half of all clicks are on a few products."""
    chance = random.Random(seed)
    views: list[View] = []
    for user in range(users):
        start = NOON + chance.uniform(0, 60 * DAY)
        clicks = [chance.randrange(chance.choice([5, products])) for _ in range(chance.randint(1, 30))]
        views += session(f"{prefix}{user}", " ".join(f"p{click}" for click in clicks), at=start)
    return views


def by_time(views: Iterable[View]) -> list[View]:
    return sorted(views, key=lambda view: view.time)


def stored(views: Iterable[View]) -> list[tuple[str, str, float]]:
    """As a person's views come out of Cassandra: newest first."""
    return [(view.product, view.id, view.time) for view in sorted(views, key=lambda view: -view.time)]


def book_of(path: Path) -> Book:
    return map_file(path, None, writable=False).book


def names(book: Book) -> dict[int, str]:
    """The product of each number that is in use."""
    return {
        int(number): bytes(book.names[number, : book.products[number]["name_bytes"]]).decode()
        for number in range(len(book.products))
        if book.products[number]["key"]
    }


def sums(path: Path) -> dict[tuple[str, ...], float]:
    """Every sum of a model, named by products, as if both landmarks were the midnight before NOON."""
    book = book_of(path)
    state = book.state[0]
    long = 2 ** ((state["landmark_long"] - MIDNIGHT) / DAY / 92.0)
    recent = 2 ** ((state["landmark_recent"] - MIDNIGHT) / DAY / 6.55)
    named = names(book)
    found: dict[tuple[str, ...], float] = {}
    for number, name in named.items():
        for column, factor in (("pairs_long", long), ("pairs_recent", recent), ("long", long), ("recent", recent)):
            found[name, column] = float(book.products[number][column]) * factor
        for place in range(book.products[number]["neighbours"]):
            other = named[int(book.neighbours[number, place])]
            found[name, other, "forward"] = float(book.forward[number, place]) * long
            found[name, other, "backward"] = float(book.backward[number, place]) * long
            found[name, other, "recent"] = float(book.recent[number, place]) * recent
    found["", "total_long"] = float(state["total_long"]) * long
    found["", "total_recent"] = float(state["total_recent"]) * recent
    return found


def counts(path: Path) -> dict[str, int]:
    """Views of each product."""
    book = book_of(path)
    return {name: int(book.products[number]["views"]) for number, name in names(book).items()}


def fades(path: Path) -> dict[tuple[str, str], float]:
    """The popularities of a day and of an hour, as of the newest event."""
    book = book_of(path)
    newest = book.state[0]["newest"]
    found = {}
    for number, name in names(book).items():
        days = (newest - book.products[number]["last"]) / DAY
        found[name, "day"] = float(book.products[number]["day"]) * 2 ** (-days / 0.655)
        found[name, "hour"] = float(book.products[number]["hour"]) * 2 ** (-days / 0.0655)
    return found
