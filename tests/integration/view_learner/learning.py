"""A learner process of a test, and what stands in its model."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.integration.view_consumer.flow import Flow, Process, event
from tests.waiting import wait_until
from vitrine.learning import Events, Model, Size, Stream
from vitrine.learning.layout import Book, map_file
from vitrine.settings import load
from vitrine.streaming.producing import Header

START = 1_790_000_000.0
# Room for all pairs of the products below.
PRODUCTS, NEIGHBOURS = 1000, 64
SIZE = Size(PRODUCTS, NEIGHBOURS)


@dataclass(frozen=True)
class View:
    user: str
    product: str
    id: str
    time: float

    def message(self) -> tuple[str, bytes]:
        """Key and value."""
        text = f"{np.datetime64(round(self.time * 1000), 'ms')}Z"
        return self.user, event(self.user, 0, self.product, messageid=self.id, timestamp=text)


def views(count: int, *, seed: int = 1, start: float = START) -> list[View]:
    """Clicks of 60 users on 50 products, a second apart."""
    chance = random.Random(seed)
    return [
        View(f"user-{chance.randrange(60)}", f"product-{chance.randrange(50)}", f"{seed}-{number}", start + number)
        for number in range(count)
    ]


def events(of: Sequence[View]) -> Events:
    return Events([v.user for v in of], [v.product for v in of], [v.id for v in of], [v.time for v in of])


@dataclass(frozen=True)
class Learning:
    """What a learner reads, and where its model lies."""

    flow: Flow
    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **self.flow.environment(),
            "VITRINE_MODEL_FOLDER": str(self.folder),
            "VITRINE_MODEL_PRODUCTS": str(PRODUCTS),
            "VITRINE_MODEL_NEIGHBOURS": str(NEIGHBOURS),
        }

    @contextmanager
    def learner(self, **variables: str) -> Iterator[Process]:
        """`python -m services.view_learner`; killed at the end, where it still runs."""
        log_file = self.flow.folder / f"learner-{len(list(self.flow.folder.glob('learner-*')))}.log"
        with log_file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.view_learner"],
                env={**os.environ, **self.environment(), **variables},
                stdout=output,
                stderr=output,
            )
        try:
            yield Process(process, log_file)
        finally:
            process.kill()
            process.wait()

    def begin(self, *, seed: int = 7) -> None:
        """Leaves a model that has learned nothing, with a seed that is known."""
        with closing(Model.open(self.folder, SIZE, seed=seed)) as model:
            model.checkpoint().result()

    def send(self, of: Sequence[View], *, key: str = "", headers: Sequence[Header] = ()) -> None:
        """Keyed by user, or all by one key, so that they are in one partition."""
        messages = (view.message() for view in of)
        self.flow.produce(((key or user, value) for user, value in messages), headers)

    def await_learned(self, count: int, *, seconds: float = 120) -> None:
        """Of all that was ever learned, robots and repetitions not counted."""
        wait_until(lambda: self.learned() >= count, seconds=seconds, what=lambda: f"{self.learned()} of {count}")
        assert self.learned() == count

    def learned(self) -> int:
        path = self.folder / "model"
        return int(book(path).state[0]["clicks"]) if path.exists() else -1

    def offsets(self, stream: Stream = Stream.VIEWS) -> dict[int, int]:
        found = map_file(self.folder / "model", None, writable=False).header["offsets"][0, stream]
        return {int(partition): int(found[partition]) for partition in np.flatnonzero(found >= 0)}

    @contextmanager
    def pipelines(self) -> Iterator[None]:
        """Pipelines that are called in this process find this flow."""
        saved = dict(os.environ)
        os.environ.update(self.environment())
        load.cache_clear()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(saved)
            load.cache_clear()


def book(path: Path) -> Book:
    return map_file(path, None, writable=False).book


def assert_same_bytes(one: Path, other: Path) -> None:
    for name, array in book(one)._asdict().items():
        assert array.tobytes() == getattr(book(other), name).tobytes(), name


def sums(path: Path) -> dict[tuple[str, ...], float]:
    """What readers make of a model: every sum by products, as of the newest event."""
    of = book(path)
    names = {
        number: bytes(of.names[number, : of.products[number]["name_bytes"]]).decode()
        for number in np.flatnonzero(of.products["key"]).tolist()
    }
    fade = 2.0 ** ((of.state[0]["landmark_long"] - of.state[0]["newest"]) / 86400 / 92)
    found: dict[tuple[str, ...], Any] = {}
    for number, name in names.items():
        found[(name,)] = float(of.products[number]["long"]) * fade
        for place in range(of.products[number]["neighbours"]):
            other = names[int(of.neighbours[number, place])]
            found[name, other] = float(of.forward[number, place]) * fade
    return found
