"""What is evaluated: one run, and those that make docs/quality.md."""

from collections.abc import Mapping
from typing import NamedTuple

LINEAR_LISTS, FOREST_LISTS = "Vitrine, linear", "Vitrine, own forest"


class Task(NamedTuple):
    """What is asked for, when it is learned, and who answers."""

    name: str = "next-new"
    split: str = "test"
    streamed: bool = False
    with_forest: bool = True
    with_baselines: bool = True


class Bound(NamedTuple):
    """What HR@10 has to reach, and what it should reach."""

    least: float
    aim: float | None = None


class Run(NamedTuple):
    """A task on a data set, with the bounds of our lists by name."""

    data: str
    task: Task
    bounds: Mapping[str, Bound] = {}


RUNS = (
    Run(
        "retailrocket",
        Task(streamed=True),
        {LINEAR_LISTS: Bound(0.345), FOREST_LISTS: Bound(0.365, 0.373)},
    ),
    Run("retailrocket", Task("next-any", streamed=True), {FOREST_LISTS: Bound(0.545, 0.558)}),
    Run("yoochoose100k", Task(streamed=True), {FOREST_LISTS: Bound(0.505)}),
    Run("diginetica", Task(streamed=True), {FOREST_LISTS: Bound(0.365)}),
    Run("retailrocket", Task()),
)
# The shop that begins with nothing is this one.
BEGINNING = "retailrocket"
# Whose customers buy again.
PURCHASES = "online_retail"


def bounds_of(data: str, task: Task) -> Mapping[str, Bound]:
    """Those of a run; they are of the test sessions, asked in this way."""
    asked = (data, task.name, task.split, task.streamed)
    found = (run.bounds for run in RUNS if (run.data, run.task.name, run.task.split, run.task.streamed) == asked)
    return next(found, {})
