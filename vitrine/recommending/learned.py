"""The model of what is viewed together beside the catalogue: which products may be shown, and what orders them."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning import (
    LINEAR,
    MODEL_FILE,
    Categories,
    Forest,
    Generation,
    Linear,
    ModelReader,
    read_forest,
)
from vitrine.recommending.catalogue import Catalogue
from vitrine.recommending.filters import Selection

FOREST_FILE = "forest"
# Products are numbered one by one as they are first viewed, and each time all of them are looked up again: 10 ms for
# 40,000 products.
RENUMBER_SECONDS = 0.25

_Scalar = TypeVar("_Scalar", bound=np.generic)

_ANYTHING = np.zeros(0, np.bool_)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Learned:
    """One generation of the model, the catalogue by its numbers, and what orders the candidates."""

    generation: Generation
    scorer: Linear | Forest
    catalogue: Catalogue
    numbering: tuple[int, int]
    # The place in the catalogue of each of the model's products, -1 for one that is not in it.
    places: NDArray[np.int32]
    categories: Categories
    in_stock: NDArray[np.bool_]

    @classmethod
    def of(cls, generation: Generation, catalogue: Catalogue, scorer: Linear | Forest = LINEAR) -> "Learned":
        # Before the numbers: what is numbered meanwhile is looked up the next time.
        numbering = generation.numbering
        numbers = generation.numbers_of(catalogue.newest)
        places = np.full(generation.size.products, -1, np.int32)
        known = numbers >= 0
        places[numbers[known]] = np.flatnonzero(known)
        categories = Categories(_at(catalogue.category_of, places, -1), np.zeros(0, np.int32))
        in_stock = _at(catalogue.in_stock, places, False)
        return cls(generation, scorer, catalogue, numbering, places, categories, in_stock)

    def beside(self, catalogue: Catalogue) -> "Learned":
        """The same beside a catalogue with the same listing."""
        return replace(self, catalogue=catalogue, in_stock=_at(catalogue.in_stock, self.places, False))

    def allowed(self, selection: Selection) -> NDArray[np.bool_]:
        """Whether each product of the model may be shown; empty for all, where there is no catalogue."""
        if not self.catalogue.newest:
            return _ANYTHING
        return self.in_stock if selection.is_plain else _at(selection.mask, self.places, False)

    def knows(self, product: str) -> bool:
        return bool(self.generation.numbers_of([product])[0] >= 0)


class ModelCache:
    """The newest model in a folder, whenever it is asked for. Safe to use from several threads.

    A new generation, a new forest or a new catalogue is picked up by the next question. A file that cannot be used
    leaves the one before it in use, and the log says why.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._reader = ModelReader(folder / MODEL_FILE)
        self._forest = _ForestReader(folder / FOREST_FILE)
        self._clock = clock
        self._made: tuple[float, Learned] | None = None
        self._making = threading.Lock()
        self._said = self._reader.problem

    def generation(self) -> Generation | None:
        """The newest generation; None where there is no model."""
        generation = self._reader.current()
        if self._reader.problem != self._said:
            self._said = self._reader.problem
            if self._said:
                logger.warning("the model cannot be used: %s", self._said)
        return generation

    def current(self, catalogue: Catalogue) -> Learned | None:
        """The model beside this catalogue; None where there is no model."""
        generation, scorer = self.generation(), self._forest.current()
        if generation is None:
            return None
        made = self._made
        if made is None or not _is_of(made[1], generation, catalogue, scorer):
            return self._make(generation, catalogue, scorer)
        at, learned = made
        if learned.numbering != generation.numbering and self._clock() - at >= RENUMBER_SECONDS:
            return self._make(generation, catalogue, scorer)
        return learned

    def _make(self, generation: Generation, catalogue: Catalogue, scorer: Linear | Forest) -> Learned:
        with self._making:
            made = self._made
            if made is not None and _differs_in_stock_alone(made[1], generation, catalogue, scorer):
                made = self._made = (made[0], made[1].beside(catalogue))
                return made[1]
            is_made = made is not None and _is_of(made[1], generation, catalogue, scorer)
            if made is None or not is_made or made[1].numbering != generation.numbering:
                made = self._made = (self._clock(), Learned.of(generation, catalogue, scorer))
            return made[1]


class _ForestReader:
    """The shop's own forest where there is one, else the linear scorer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[tuple[int, int, int] | None, Linear | Forest] = (None, LINEAR)

    def current(self) -> Linear | Forest:
        identity = self._identity()
        seen, scorer = self._seen
        if identity != seen:
            scorer = self._read(scorer) if identity else LINEAR
            self._seen = (identity, scorer)
        return scorer

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        # The number of a file that is gone may be given to another.
        return status.st_dev, status.st_ino, status.st_mtime_ns

    def _read(self, before: Linear | Forest) -> Linear | Forest:
        try:
            return read_forest(self._path.read_text())
        except (OSError, UnicodeDecodeError, ModelFileError) as error:
            logger.warning("%s: the forest cannot be used: %s", self._path, error)
            return before


def _is_of(learned: Learned, generation: Generation, catalogue: Catalogue, scorer: Linear | Forest) -> bool:
    return learned.generation is generation and learned.catalogue is catalogue and learned.scorer is scorer


def _differs_in_stock_alone(
    learned: Learned, generation: Generation, catalogue: Catalogue, scorer: Linear | Forest
) -> bool:
    is_other = learned.catalogue is not catalogue and learned.catalogue.listing is catalogue.listing
    return is_other and learned.generation is generation and learned.scorer is scorer


def _at(values: NDArray[_Scalar], places: NDArray[np.int32], otherwise: object) -> NDArray[_Scalar]:
    """The value at each place, `otherwise` at -1, which is the last of the values that are looked at."""
    return np.append(values, np.array([otherwise], values.dtype))[places]
