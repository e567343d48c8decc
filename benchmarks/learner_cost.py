"""Claim: the learner spends at most 15 µs of processor time on a view, all included (aim: 8).

All is the process with its Kafka client, its checkpoints and all of its threads, from the first view of a backlog of
500,000 to the last; then the same at 2,000 views/s, where batches are small. Views come of 50,000 users in sessions of
ten, of 10,000 products, without any order in them: more pairs than a shop has.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.measuring import verdict
from benchmarks.views import events, produce
from vitrine.errors import ModelFileError
from vitrine.learning.layout import map_file
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ensure_topics

BACKLOG = 500_000
PACED, VIEWS_A_SECOND = 20_000, 2000


def main() -> int:
    ensure_topics(load(KafkaSettings))
    with tempfile.TemporaryDirectory() as folder, _learner(Path(folder)) as learner:
        _await(Path(folder), 0)
        backlog = _microseconds_a_view(learner, Path(folder), 0, BACKLOG)
        kept = verdict("µs a view of a backlog", backlog, at_most=15)
        paced = _microseconds_a_view(learner, Path(folder), BACKLOG, PACED, rate=VIEWS_A_SECOND)
        print(f"  µs a view at {VIEWS_A_SECOND} views/s: {paced:.2f}")
        print(
            f"  memory: {learner.memory_info().rss / 2**20:.0f} MB, of which shared pages of the model's file:"
            f" {learner.memory_info().shared / 2**20:.0f} MB"
        )
    return 0 if kept else 1


@contextmanager
def _learner(folder: Path) -> Iterator[psutil.Process]:
    environment = {**os.environ, "VITRINE_MODEL_FOLDER": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "services.view_learner"], env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _microseconds_a_view(
    learner: psutil.Process, folder: Path, before: int, count: int, *, rate: int | None = None
) -> float:
    """A backlog is sent while the learner is stopped; else views are sent at a rate."""
    ready_made = list(events(count, seed=before + 1))
    spent = _spent(learner)
    if rate is None:
        learner.suspend()
        produce(ready_made)
        learner.resume()
    else:
        for start in range(0, count, rate // 20):
            produce(ready_made[start : start + rate // 20])
            time.sleep(1 / 20)
    _await(folder, before + count)
    return (_spent(learner) - spent) / count * 1e6


def _spent(learner: psutil.Process) -> float:
    times = learner.cpu_times()
    return times.user + times.system


def _await(folder: Path, learned: int) -> None:
    while _learned(folder) < learned:
        time.sleep(0.05)


def _learned(folder: Path) -> int:
    try:
        return int(map_file(folder / "model", None, writable=False).book.state[0]["clicks"])
    except ModelFileError:
        return -1


if __name__ == "__main__":
    sys.exit(main())
