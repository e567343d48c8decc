"""How often the next new product is among the ten that the model recommends: RetailRocket's test week, streamed.

`python -m benchmarks.learning_quality [--split valid]`. Each click from the second of a session on is asked for before
it is learned; products seen in the session are out. Training sessions have no times: they are laid evenly over the 131
days before the test. Nothing that is fitted here is shipped.
"""

import argparse
import csv
import gzip
import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import percentile, verdict
from vitrine.learning import Events, Generation, Model, Size
from vitrine.settings import PROJECT_FOLDER

# Beside the project, unless the environment names another folder, as for the tests.
DATA_FOLDER = (
    Path(os.environ.get("VITRINE_TEST_DATA_FOLDER", PROJECT_FOLDER.parent / "shared" / "data")) / "retailrocket"
)
TRAINING_DAYS = 131
TEST_STARTS_AT = 1441935273.0
VALID_SESSIONS = 5000


class Click(NamedTuple):
    """A click of a session, in Unix seconds."""

    session: str
    product: str
    time: float


def training(folder: Path) -> list[Click]:
    """Session by session, in order of time."""
    with gzip.open(folder / "train_sessions.txt.gz", "rt") as file:
        sessions = [line.split() for line in file]
    clicks = [(f"t{number}", product) for number, session in enumerate(sessions) for product in session]
    seconds = TRAINING_DAYS * 86400.0
    return [
        Click(session, product, TEST_STARTS_AT + seconds * (number / len(clicks) - 1))
        for number, (session, product) in enumerate(clicks, start=1)
    ]


def test(folder: Path, known: set[str]) -> list[Click]:
    """In order of time, of products that training knows."""
    with gzip.open(folder / "test_events.csv.gz", "rt") as file:
        rows = [Click(row["session_no"], row["item_id"], float(row["timestamp_s"])) for row in csv.DictReader(file)]
    return sorted((click for click in rows if click.product in known), key=lambda click: click.time)


def split(folder: Path, name: str) -> tuple[list[Click], list[Click]]:
    """What is learned first, and what is asked for."""
    clicks = training(folder)
    if name == "test":
        return clicks, test(folder, {click.product for click in clicks})
    sessions = list(dict.fromkeys(click.session for click in clicks))
    asked = set(sessions[-VALID_SESSIONS:])
    before = [click for click in clicks if click.session not in asked]
    known = {click.product for click in before}
    return before, [click for click in clicks if click.session in asked and click.product in known]


def learn(model: Model, clicks: Sequence[Click], first: int) -> None:
    """Learns clicks whose ids count from `first` on."""
    ids = [str(number) for number in range(first, first + len(clicks))]
    columns = [list(column) for column in zip(*clicks, strict=True)]
    model.learn(Events(columns[0], columns[1], ids, columns[2]))


def ranks(model: Model, generation: Generation, clicks: Sequence[Click], seconds: list[float]) -> Iterator[int]:
    """The rank of each click that is asked for, 0 where it is not recommended at all; then it is learned."""
    histories: dict[str, list[str]] = {}
    for number, click in enumerate(clicks):
        history = histories.setdefault(click.session, [])
        if history and click.product not in history:
            started = time.thread_time()
            products = [ranked.product for ranked in generation.rank(history)]
            seconds.append(time.thread_time() - started)
            yield products.index(click.product) + 1 if click.product in products else 0
        learn(model, [click], 10_000_000 + number)
        history.insert(0, click.product)


def main() -> None:
    """Prints the figures beside their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["test", "valid"], default="test")
    before, asked = split(DATA_FOLDER, parser.parse_args().split)
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        model = Model.open(Path(folder), Size(products=37_000))
        generation = Generation(model.path)
        learn(model, before[:10], 0)
        started = time.process_time()
        learn(model, before[10:], 10)
        microseconds = (time.process_time() - started) / len(before) * 1e6
        found = list(ranks(model, generation, asked, seconds))
        model.close()
    top = [rank for rank in found if 0 < rank <= 10]
    print(
        f"{len(found)} questions; HR@10 {len(top) / len(found):.4f}, "
        f"MRR@10 {sum(1 / rank for rank in top) / len(found):.4f}, "
        f"NDCG@10 {sum(1 / math.log2(rank + 1) for rank in top) / len(found):.4f}, "
        f"among all candidates {sum(rank > 0 for rank in found) / len(found):.3f}"
    )
    verdict("learning, processor time, us a click", microseconds, at_most=15)
    verdict("rank(), processor time, p50, ms", percentile(seconds, 50) * 1000, at_most=0.5)
    verdict("rank(), processor time, p99, ms", percentile(seconds, 99) * 1000, at_most=1.0)
    verdict("next-new HR@10", len(top) / len(found), at_least=0.345)


if __name__ == "__main__":
    main()
