"""Claim: the learner spends at most 15 µs of processor time on a view, all included (aim: 8), in at most 400 MB.

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
from benchmarks.views import background, events, produce
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
        backlog = _of_a_backlog(learner, Path(folder))
        paced = _at_a_rate(learner, Path(folder))
        memory = learner.memory_info()
        print(f"  µs a view at {VIEWS_A_SECOND:,} views/s: {paced:.2f}")
        print(f"  {memory.shared / 2**20:.0f} MB of the memory are pages of the model's file, which the API shares")
        kept = [
            verdict("µs a view of a backlog", backlog, at_most=15),
            verdict("memory, pages of the model's file included, MB", memory.rss / 2**20, at_most=400),
        ]
    return 0 if all(kept) else 1


@contextmanager
def _learner(folder: Path) -> Iterator[psutil.Process]:
    environment = {**os.environ, "VITRINE_MODEL_FOLDER": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "services.view_learner"], env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _of_a_backlog(learner: psutil.Process, folder: Path) -> float:
    """Microseconds a view; they are sent while the learner is stopped."""
    spent = _spent(learner)
    learner.suspend()
    produce(events(BACKLOG))
    learner.resume()
    _await(folder, BACKLOG)
    return (_spent(learner) - spent) / BACKLOG * 1e6


def _at_a_rate(learner: psutil.Process, folder: Path) -> float:
    with background(VIEWS_A_SECOND):
        _await(folder, BACKLOG + VIEWS_A_SECOND)
        spent, learned = _spent(learner), _learned(folder)
        _await(folder, learned + PACED)
        return (_spent(learner) - spent) / (_learned(folder) - learned) * 1e6


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
