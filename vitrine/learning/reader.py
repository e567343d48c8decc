"""The model as those see it who answer: read-only, without a lock, beside the learner that writes."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning.candidates import Found, Question, find_candidates, found_for
from vitrine.learning.compiled import entry
from vitrine.learning.features import LARGE, NO_CATEGORIES, Categories, fill_features, fill_linear
from vitrine.learning.formulas import HISTORY_CLICKS, HISTORY_PRODUCTS, READING
from vitrine.learning.layout import Book, map_file, size_of
from vitrine.learning.products import numbers_of
from vitrine.learning.reasons import fill_reasons
from vitrine.learning.scoring import LINEAR, Forest, Linear, score_forest, score_linear
from vitrine.learning.texts import texts_of
from vitrine.learning.trends import Period, fill_rises

_REASONS = 2


class Ranked(NamedTuple):
    """A product and its score, which is comparable within one answer only."""

    product: str
    score: float


class Rising(NamedTuple):
    """A product, and by how many standard deviations it rises."""

    product: str
    rise: float


class Wanted(NamedTuple):
    """What kind of list is wanted."""

    limit: int = READING.candidates
    # Whether the product of each number may be shown (Generation.mask_of); empty where all may.
    allowed: NDArray[np.bool_] = np.zeros(0, np.bool_)
    # Whether what is in the history may come again.
    may_repeat: bool = False


ANYTHING = Wanted()


class Scratch(NamedTuple):
    """What one thread works in: candidates, and a row of features and a score each."""

    found: Found
    features: NDArray[np.float32]
    scores: NDArray[np.float32]


class Generation:
    """One generation of a model file, mapped. Safe to use from several threads.

    What it gives is of the moment at which it is asked; a learner that writes meanwhile makes one weight of one answer
    wrong at worst.
    """

    def __init__(self, path: Path) -> None:
        """Raises ModelFileError where the file cannot be used."""
        file = map_file(path, None, writable=False)
        self._header, self._book = file.header, file.book
        self._seed = int(file.header["seed"][0])
        self._threads = threading.local()
        self.size = size_of(file.header)

    @property
    def number(self) -> int:
        """Which generation it is."""
        return int(self._header["generation"][0])

    @property
    def newest(self) -> float | None:
        """Unix seconds of the newest event that was learned; None where nothing was."""
        state = self._book.state[0]
        return float(state["newest"]) if state["clicks"] else None

    @property
    def numbering(self) -> tuple[int, int]:
        """Changes whenever a number was given to a product: what was made by `numbers_of` is made again then."""
        state = self._book.state[0]
        return self.size.products - int(state["free"]), int(state["renumbered"])

    def numbers_of(self, products: Sequence[str]) -> NDArray[np.int32]:
        """The number of each product, -1 for one that the model does not know."""
        numbers = np.empty(len(products), np.int32)
        numbers_of(self._book, texts_of(products, self._seed), numbers)
        return numbers

    def mask_of(self, products: Sequence[str]) -> NDArray[np.bool_]:
        """What is allowed, where these products may be shown and no other."""
        mask = np.zeros(self.size.products, np.bool_)
        numbers = self.numbers_of(products)
        mask[numbers[numbers >= 0]] = True
        return mask

    def rank(
        self,
        history: Sequence[str],
        wanted: Wanted = ANYTHING,
        *,
        scorer: Linear | Forest = LINEAR,
        categories: Categories = NO_CATEGORIES,
    ) -> list[Ranked]:
        """What may come next after a history of clicks, newest first; at most 100, the best first.

        Products that the model does not know are passed over; without any that it knows there is nothing.
        """
        question = self._question(history, wanted, with_links=isinstance(scorer, Forest))
        scratch = self._scratch()
        if isinstance(scorer, Forest):
            count = _rank_by_forest(self._book, scratch, question, scorer, categories)
        else:
            count = _rank_by_line(self._book, scratch, question, scorer)
        return self._ranked(scratch, count, wanted)

    def because(self, history: Sequence[str], products: Sequence[str]) -> list[list[str]]:
        """Of each product, the at most two products of the history from which most of its score comes."""
        found = self._scratch().found
        find_candidates(self._book, found, self._question(history, ANYTHING, with_links=False))
        shares = np.zeros(HISTORY_PRODUCTS, np.float32)
        reasons = []
        for number in self.numbers_of(products):
            fill_reasons(self._book, found, number, shares)
            most = np.argsort(-shares, kind="stable")[:_REASONS]
            names = self._names(found.history[most[shares[most] > 0]])
            reasons.append([name for name in names if name is not None])
        return reasons

    def features(
        self, history: Sequence[str], wanted: Wanted = ANYTHING, *, categories: Categories = NO_CATEGORIES
    ) -> tuple[list[str], NDArray[np.float32]]:
        """The candidates of a history and their features (`LARGE`), for whoever fits a forest."""
        scratch = self._scratch()
        question = self._question(history, wanted, with_links=True)
        count = find_candidates(self._book, scratch.found, question)
        fill_features(self._book, scratch.found, question.clicks, categories, scratch.features)
        products = scratch.found.product[scratch.found.chosen[:count]]
        return [name or "" for name in self._names(products)], scratch.features[:count].copy()

    def similar(self, product: str, wanted: Wanted = ANYTHING) -> list[Ranked]:
        """What is viewed together with a product."""
        return self.rank([product], wanted)

    def rising(self, period: Period, wanted: Wanted = ANYTHING) -> list[Rising]:
        """What rises now against its own past, the steepest first."""
        rises = np.empty(self.size.products, np.float32)
        fill_rises(self._book, int(period), wanted.allowed, rises)
        steepest = np.argsort(-rises, kind="stable")[: wanted.limit]
        steepest = steepest[rises[steepest] > 0]
        named = zip(self._names(steepest), rises[steepest].tolist(), strict=True)
        return [Rising(name, rise) for name, rise in named if name is not None]

    def popular(self, wanted: Wanted = ANYTHING) -> list[Ranked]:
        """What is viewed most, lately above all; the score is the share of all clicks."""
        shares = self._book.products["recent"] / max(float(self._book.state[0]["total_recent"]), 1e-9)
        if len(wanted.allowed):
            shares = np.where(wanted.allowed, shares, 0)
        most = np.argsort(-shares, kind="stable")[: wanted.limit]
        most = most[shares[most] > 0]
        named = zip(self._names(most), shares[most].tolist(), strict=True)
        return [Ranked(name, share) for name, share in named if name is not None]

    def _question(self, history: Sequence[str], wanted: Wanted, *, with_links: bool) -> Question:
        return Question(self._clicks(history), wanted.allowed, wanted.may_repeat, with_links)

    def _clicks(self, history: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of the last clicks, of those products that are known."""
        numbers = self.numbers_of(history[:HISTORY_CLICKS])
        return numbers[numbers >= 0]

    def _scratch(self) -> Scratch:
        scratch: Scratch | None = getattr(self._threads, "scratch", None)
        if scratch is None:
            found = found_for(self.size.products, self.size.neighbours)
            rows = READING.candidates
            scratch = Scratch(found, np.zeros((rows, len(LARGE)), np.float32), np.zeros(rows, np.float32))
            self._threads.scratch = scratch
        return scratch

    def _ranked(self, scratch: Scratch, count: int, wanted: Wanted) -> list[Ranked]:
        order = np.argsort(-scratch.scores[:count], kind="stable")[: wanted.limit]
        products = scratch.found.product[scratch.found.chosen[order]]
        named = zip(self._names(products), scratch.scores[order].tolist(), strict=True)
        return [Ranked(name, score) for name, score in named if name is not None]

    def _names(self, numbers: NDArray[np.integer]) -> list[str | None]:
        """The products of numbers; None for one that is just being written: its hash does not fit."""
        products = self._book.products[numbers]
        names = [
            name[:length].tobytes().decode(errors="replace")
            for name, length in zip(self._book.names[numbers], products["name_bytes"], strict=True)
        ]
        fits = texts_of(names, self._seed).keys == products["key"]
        return [name if is_whole else None for name, is_whole in zip(names, fits, strict=True)]


class ModelReader:
    """The newest generation of a model file, whenever it is asked for. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._generation: Generation | None = None
        self._problem = f"{path}: there is no model yet"
        self._opening = threading.Lock()

    @property
    def problem(self) -> str:
        """Why there is no generation, or not the newest one; empty where all is well."""
        return self._problem

    def current(self) -> Generation | None:
        """The newest generation, mapped again where the learner has begun another; None where there is none.

        A file that cannot be used leaves the generation before it in use. To be asked once a request.
        """
        identity = self._seen()
        if identity != self._identity:
            with self._opening:
                if identity != self._identity:
                    self._open(identity)
        return self._generation

    def _seen(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _open(self, identity: tuple[int, int] | None) -> None:
        try:
            self._generation = Generation(self._path)
            self._problem = ""
        except ModelFileError as error:
            self._problem = str(error)
        self._identity = identity


@entry
def _rank_by_line(book: Book, scratch: Scratch, question: Question, weights: Linear) -> int:
    count = find_candidates(book, scratch.found, question)
    fill_linear(book, scratch.found, scratch.features)
    score_linear(weights, scratch.features, scratch.scores[:count])
    return count


@entry
def _rank_by_forest(book: Book, scratch: Scratch, question: Question, forest: Forest, categories: Categories) -> int:
    count = find_candidates(book, scratch.found, question)
    fill_features(book, scratch.found, question.clicks, categories, scratch.features)
    score_forest(forest, scratch.features, scratch.scores[:count])
    return count
