"""Cassandra -> the shop's own forest, which orders what the model of what is viewed together has found.

The stored views are replayed, oldest first, into a model that begins with nothing and is asked, before it learns a
view, which product comes next. What it was asked first teaches a forest; the last fifth of the questions is held back
and says whether that forest is better than what orders the candidates now. Only then is it published.
"""

import logging
import os
import tempfile
import time
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitrine.errors import ModelFileError
from vitrine.learning import LINEAR, Forest, Linear, Size, read_forest
from vitrine.recommending import VIEWS_THAT_COUNT
from vitrine.recommending.evaluation.measures import Estimate, difference, gain, hit, score
from vitrine.recommending.fitting import (
    MAX_QUESTIONS,
    MIN_QUESTIONS,
    SHAPE,
    Question,
    Shape,
    fit_forest,
    rank_of_answer,
)
from vitrine.recommending.learned import FOREST_FILE
from vitrine.recommending.replaying import Click, Replay
from vitrine.settings import CassandraSettings, CatalogueSettings, ModelSettings, load
from vitrine.storage import Link, ViewStore
from vitrine.storage.catalogue import CatalogueReader

logger = logging.getLogger(__name__)

# What stands behind the trees in the file: until when its questions were asked, in Unix seconds.
_UNTIL = "trained_until="
_HELD_BACK = 0.2
# About 62 of 100 questions have their answer among the candidates and can be learned from.
_MAX_ASKED = int(MAX_QUESTIONS / 0.6 / (1 - _HELD_BACK))
# By so many standard errors it has to be better.
_MARGIN = 2.0


class Published(NamedTuple):
    """The forest in use, and until when its questions were asked."""

    forest: Forest
    until: float


class Tested(NamedTuple):
    """A question that was held back, and who asked it when."""

    name: str
    time: float
    question: Question


class Views:
    """All stored views, 16 bytes each."""

    def __init__(self, pages: Iterable[Iterable[tuple[str, str, float]]]) -> None:
        self._users: dict[str, int] = {}
        self._products: dict[str, int] = {}
        self._of_user, self._of_product, self._times = array("i"), array("i"), array("d")
        for page in pages:
            for user, product, moment in page:
                self._of_user.append(self._users.setdefault(user, len(self._users)))
                self._of_product.append(self._products.setdefault(product, len(self._products)))
                self._times.append(moment)

    @property
    def products(self) -> int:
        """How many different ones were viewed."""
        return len(self._products)

    def in_order(self) -> Iterator[Click]:
        """Oldest first; a view of a product that is not among the user's latest is a question."""
        users, products = list(self._users), list(self._products)
        latest: dict[int, deque[int]] = {}
        for place in np.argsort(np.frombuffer(self._times, np.float64), kind="stable"):
            user, product = self._of_user[place], self._of_product[place]
            history = latest.setdefault(user, deque(maxlen=VIEWS_THAT_COUNT))
            name = f"{user}:{place}" if history and product not in history else ""
            history.append(product)
            yield Click(users[user], products[product], self._times[place], name)


def train(shape: Shape = SHAPE) -> dict[str, Any]:
    """Fits a forest and publishes it where it is better; says what came of it, with the figures.

    Raises StorageUnavailableError, ModelFileError; the present forest stays then.
    """
    settings = load(ModelSettings)
    now = time.time()
    with Link.connected(load(CassandraSettings)) as link:
        stored = ViewStore(link).all_views(now=now)
        views = Views(((each.userid, each.productid, each.time) for each in page) for page in stored)
        categories = _categories(link)
    summary = _train(views, categories, settings, shape)
    logger.info("%s", summary["outcome"], extra=summary)
    return summary


def _train(views: Views, categories: Mapping[str, int], settings: ModelSettings, shape: Shape) -> dict[str, Any]:
    asked = sum(1 for click in views.in_order() if click.question)
    first = max(0, asked - _MAX_ASKED)
    size = Size(products=max(1_000, min(views.products, settings.model_products)), neighbours=settings.model_neighbours)
    with (
        tempfile.TemporaryDirectory() as folder,
        Replay(Path(folder), size, categories=categories, remembered=VIEWS_THAT_COUNT) as replay,
    ):
        questions = list(_questions(replay, views, first))
    held = int(len(questions) * (1 - _HELD_BACK))
    taught = [each.question for each in questions[:held] if each.question.can_be_learned]
    if len(taught) < MIN_QUESTIONS:
        return {
            "outcome": f"nothing published: {len(taught)} questions to learn from, {MIN_QUESTIONS} are needed; "
            "what orders the candidates now stays",
            "published": False,
            "questions": len(taught),
        }
    until = questions[held - 1].time
    text = f"{fit_forest(taught[-MAX_QUESTIONS:], shape)}\n{_UNTIL}{until}\n"
    return _decide(text, questions[held:], settings.model_folder / FOREST_FILE, len(taught))


def _questions(replay: Replay, views: Views, first: int) -> Iterator[Tested]:
    """From the question of this number on, counted from 0."""
    for click, history in replay.play(_asked_from(views.in_order(), first)):
        candidates, features = replay.generation.features(history, categories=replay.categories)
        yield Tested(click.question, click.time, Question.of(candidates, features, click.product))


def _asked_from(clicks: Iterable[Click], first: int) -> Iterator[Click]:
    number = 0
    for click in clicks:
        is_early = bool(click.question) and number < first
        number += bool(click.question)
        yield click._replace(question="") if is_early else click


def _decide(text: str, held: Sequence[Tested], path: Path, taught: int) -> dict[str, Any]:
    """Publishes the forest where it is better than the one in use, or than the linear scorer where there is none."""
    present = read_published(path)
    # The one in use may have learned from what was asked before; with no more than it has not seen, it stays.
    unseen = [each for each in held if present is None or each.time > present.until]
    rivals: dict[str, Linear | Forest] = {"linear": LINEAR}
    if present is not None:
        rivals["in use"] = present.forest
    new = _ranks(unseen, read_forest(text))
    ranks = {"new": new, **{name: _ranks(unseen, scorer) for name, scorer in rivals.items()}}
    rival = list(rivals)[-1]
    better = difference(new, ranks[rival], gain) if unseen else Estimate(0.0, float("nan"))
    published = better.mean > _MARGIN * better.error
    if published:
        publish(path, text)
    verb = "published: it is" if published else "nothing published: it is not"
    return {
        "outcome": f"{verb} better than {_IN_WORDS[rival]} by two standard errors: NDCG@10 {better.mean:+.4f} "
        f"± {better.error:.4f}, on {len(unseen)} questions",
        "published": published,
        "questions": taught,
        "held back": len(unseen),
        "held back since": _day(unseen[0].time) if unseen else None,
        **{name: _figures(found) for name, found in ranks.items()},
    }


_IN_WORDS = {"linear": "the linear scorer", "in use": "the one in use"}


def read_published(path: Path) -> Published | None:
    """The forest in use; None where there is none, or none that can be used, which is logged."""
    try:
        text = path.read_text()
        forest = read_forest(text)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ModelFileError) as error:
        logger.warning("%s: the forest in use cannot be read and does not count: %s", path, error)
        return None
    until = [line.removeprefix(_UNTIL) for line in text.splitlines()[-1:] if line.startswith(_UNTIL)]
    return Published(forest, float(until[0]) if until else 0.0)


def publish(path: Path, text: str) -> None:
    """Puts a forest in the place of the one in use, at once and as a whole."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise ModelFileError(f"{path}: cannot be written, the forest in use stays: {error.strerror}") from None


def _ranks(questions: Sequence[Tested], scorer: Linear | Forest) -> dict[str, int]:
    return {each.name: rank_of_answer(each.question, scorer) for each in questions}


def _figures(ranks: Mapping[str, int]) -> dict[str, float]:
    if not ranks:
        return {}
    return {"HR@10": round(score(ranks, hit).mean, 4), "NDCG@10": round(score(ranks, gain).mean, 4)}


def _categories(link: Link) -> dict[str, int]:
    """A number for each product's category."""
    numbers: dict[str, int] = {}
    found: dict[str, int] = {}
    for page in CatalogueReader(link, load(CatalogueSettings).catalogue_winner).pages():
        for product in page:
            if product.category is not None:
                found[product.productid] = numbers.setdefault(product.category, len(numbers))
    return found


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
