"""Public data sets as one stream of clicks, cut in time: what is learned first, and what is asked for.

A folder holds either `train_sessions.txt.gz` (a session a line, products in the order of clicks, no times) and
`test_events.csv.gz`, or `train.csv.gz` and `test.csv.gz` (session_id, item_id, timestamp_s). What has no times is laid
evenly over `days`. Questions are named s<session>:<click>, both counted from 0 as the file has them.
"""

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vitrine.errors import EvaluationError
from vitrine.recommending.replaying import Click

SECONDS_A_DAY = 86400.0
# For data without times: where they end.
_END = 1_441_935_273.0
_SECONDS_A_CLICK = 60.0
VALID_SESSIONS = 5_000
# So much of training asks the questions that a forest is fitted on: half of it, and at most so many sessions.
_FIT_SHARE = 2
_FIT_SESSIONS = 40_000
FIT = "fit:"


class _Session(NamedTuple):
    products: list[str]
    # None where the data have no times.
    times: list[float] | None


@dataclass(frozen=True)
class DataSet:
    """Both parts in order of time; a click of training whose question begins with FIT teaches a forest as well."""

    name: str
    training: Sequence[Click]
    asked: Sequence[Click]
    # The number of a product's category.
    categories: Mapping[str, int]

    @property
    def products(self) -> int:
        """How many there are to recommend."""
        return len({click.product for click in self.training})


def read_data_set(folder: Path, *, task: str, split: str, days: float = 131.0) -> DataSet:
    """Raises EvaluationError where the folder is of no known form."""
    try:
        training, test = _read(folder)
        categories = _categories(folder / "item_category_linked.csv.gz")
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"{folder}: cannot be read as sessions: {error!r}") from None
    if split == "valid":
        training, test = training[:-VALID_SESSIONS], training[-VALID_SESSIONS:]
    if not training or not test:
        raise EvaluationError(f"{folder}: too few sessions for a split")
    known = {product for session in training for product in session.products}
    first = _laid_out(training, days)
    asked = _asked(test, known, task, first, days)
    if not any(click.question for click in asked):
        raise EvaluationError(f"{folder}: no session of the test goes on with a product that training knows")
    return DataSet(folder.name, _training(first, task), asked, categories)


def _read(folder: Path) -> tuple[list[_Session], list[_Session]]:
    if (folder / "train_sessions.txt.gz").exists():
        with gzip.open(folder / "train_sessions.txt.gz", "rt") as file:
            training = [_Session(line.split(), None) for line in file]
        return training, _sessions(folder / "test_events.csv.gz", "session_no")
    training = _sessions(folder / "train.csv.gz", "session_id")
    test = _sessions(folder / "test.csv.gz", "session_id")
    training.sort(key=lambda session: (session.times or [0.0])[-1])
    return training, sorted(test, key=lambda session: (session.times or [0.0])[0])


def _sessions(path: Path, key: str) -> list[_Session]:
    """In the order in which they begin in the file. Times of day only where they are: not since a session's start."""
    found: dict[str, _Session] = {}
    with gzip.open(path, "rt") as file:
        rows = csv.DictReader(file)
        has_times = "timestamp_s" in (rows.fieldnames or ())
        for row in rows:
            if None in row.values():
                raise ValueError(f"{path.name}, line {rows.line_num}: too short")
            session = found.setdefault(row[key], _Session([], [] if has_times else None))
            session.products.append(row["item_id"])
            if session.times is not None:
                session.times.append(float(row["timestamp_s"]))
    return list(found.values())


def _categories(path: Path) -> dict[str, int]:
    """Parents are left out: the catalogue that the API serves from has none."""
    if not path.exists():
        return {}
    with gzip.open(path, "rt") as file:
        return {row["item_id"]: int(row["category"]) for row in csv.DictReader(file)}


def _laid_out(sessions: Sequence[_Session], days: float) -> list[list[Click]]:
    """The clicks of each session of training, with times."""
    count = sum(len(session.products) for session in sessions)
    step, at = days * SECONDS_A_DAY / count, 0
    clicks = []
    for number, (products, times) in enumerate(sessions):
        moments = times or _moments(_END + step * (at + 1 - count), step, len(products))
        clicks.append([Click(f"t{number}", *each) for each in zip(products, moments, strict=True)])
        at += len(products)
    return clicks


def _moments(start: float, step: float, count: int) -> list[float]:
    """As evenly as the whole, but no session ends by silence."""
    return [start + min(step, _SECONDS_A_CLICK) * place for place in range(count)]


def _training(sessions: Sequence[Sequence[Click]], task: str) -> list[Click]:
    silent = len(sessions) - min(_FIT_SESSIONS, len(sessions) // _FIT_SHARE)
    clicks = [click for session in sessions[:silent] for click in session]
    for session in sessions[silent:]:
        clicks += _with_questions(session, FIT + session[0].user, task)
    return sorted(clicks, key=lambda click: click.time)


def _asked(
    sessions: Sequence[_Session], known: set[str], task: str, training: Sequence[Sequence[Click]], days: float
) -> list[Click]:
    """Of products that training knows. Sessions without times follow one after another, as evenly as training."""
    step = days * SECONDS_A_DAY / sum(len(session) for session in training)
    at, clicks = 0, list[Click]()
    for number, (products, times) in enumerate(sessions):
        moments = times or _moments(_END + step * (at + 1), step, len(products))
        at += len(products)
        session = [
            Click(f"s{number}", product, time)
            for product, time in zip(products, moments, strict=True)
            if product in known
        ]
        clicks += _with_questions(session, f"s{number}", task)
    return sorted(clicks, key=lambda click: click.time)


def _with_questions(session: Sequence[Click], name: str, task: str) -> Iterable[Click]:
    """The next click of each click; for next-new only where its product is new in the session."""
    seen: set[str] = set()
    for place, click in enumerate(session):
        is_asked = place > 0 and (task == "next-any" or click.product not in seen)
        seen.add(click.product)
        yield click._replace(question=f"{name}:{place}") if is_asked else click
