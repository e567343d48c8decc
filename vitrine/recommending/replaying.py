"""A stream of views played to a model of its own, which is asked before it learns each view that is a question."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from vitrine.learning import Categories, Events, Generation, Model, ModelReader, Size
from vitrine.recommending.catalogue import NO_CATEGORY

_BATCH = 10_000


class Click(NamedTuple):
    """A view. `question` names what is asked just before it is learned; empty where nothing is."""

    user: str
    product: str
    time: float
    question: str = ""


class Asked(NamedTuple):
    """A question: which product comes next after the history, newest first? The answer is that of the click."""

    click: Click
    history: Sequence[str]


class Replay:
    """A model in a folder of its own. `categories`: the number of each product's category.

    `remembered`: how many clicks of a user a question's history holds; None for all of them.
    """

    def __init__(
        self,
        folder: Path,
        size: Size,
        *,
        categories: Mapping[str, int] | None = None,
        remembered: int | None = None,
    ) -> None:
        self._model = Model.open(folder, size, seed=0)
        self._reader = ModelReader(self._model.path)
        self._category_of = categories or {}
        self._known: set[str] = set()
        self._renumbered = 0
        self._histories: dict[str, deque[str]] = {}
        self._remembered = remembered
        self._learned = 0
        rows = size.products if self._category_of else 0
        self.categories = Categories(np.full(rows, NO_CATEGORY, np.int32), np.zeros(0, np.int32))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._model.close()

    @property
    def generation(self) -> Generation:
        """What answers."""
        found = self._reader.current()
        assert found is not None, self._reader.problem  # noqa: S101 - the model is open
        return found

    def play(self, clicks: Iterable[Click], *, learning: bool = True) -> Iterator[Asked]:
        """Yields each question before its click is learned; whoever takes it asks `generation`.

        Without `learning` the model stays as it is; histories go on.
        """
        waiting: list[Click] = []
        for click in clicks:
            history = self._histories.setdefault(click.user, deque(maxlen=self._remembered))
            if click.question:
                self._learn(waiting)
                waiting.clear()
                yield Asked(click, list(history))
            history.appendleft(click.product)
            if learning:
                waiting.append(click)
            if len(waiting) == _BATCH:
                self._learn(waiting)
                waiting.clear()
        self._learn(waiting)

    def _learn(self, clicks: Sequence[Click]) -> None:
        if not clicks:
            return
        products = [click.product for click in clicks]
        ids = [str(number) for number in range(self._learned, self._learned + len(clicks))]
        self._learned += len(clicks)
        self._model.learn(Events([click.user for click in clicks], products, ids, [click.time for click in clicks]))
        if self._category_of:
            self._place_categories(products)

    def _place_categories(self, products: Sequence[str]) -> None:
        """Categories are looked up by number: those of products that just got one are put there."""
        generation = self.generation
        if (renumbered := generation.numbering[1]) != self._renumbered:
            self._renumbered = renumbered
            products = [*self._known, *products]
            self._known.clear()
        new = [product for product in dict.fromkeys(products) if product not in self._known]
        self._known.update(new)
        for product, number in zip(new, generation.numbers_of(new), strict=True):
            if number >= 0:
                self.categories.category[number] = self._category_of.get(product, NO_CATEGORY)
