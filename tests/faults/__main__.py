"""`make test-faults`, `make soak MINUTES=60`: breaks the system in every way that there is, and prints what came of it.

Each scenario runs once for each seed, or, with --minutes, with new seeds until the time is over. Exit status: 0 nothing
was lost, doubled or wrong; 1 something was, and is named.
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from statistics import median

from tests.faults.checks import Found
from tests.faults.scenarios import SCENARIOS, Kind, Outcome, Scenario, run, system_of
from tests.faults.system import System
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER

REPORT = PROJECT_FOLDER / "docs" / "reliability.md"
BEGIN, END = "<!-- the table of `make test-faults` begins -->", "<!-- the table ends -->"
HEADINGS = ("Fault", "Runs", "Views accepted", "Lost", "Doubled", "Dead letters", "Failed", "Back (p50)", "Back (max)")


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    wanted = [each for each in SCENARIOS if options.only.lower() in each.name.lower()]
    if not wanted:
        print(f"no scenario is called {options.only!r}", file=sys.stderr)
        return 2
    seeds = count(1) if options.minutes else options.seeds
    deadline = time.monotonic() + options.minutes * 60 if options.minutes else math.inf
    outcomes: list[Outcome] = []
    not_run: list[str] = []
    for kind in Kind:
        of_kind = [each for each in wanted if each.on is kind]
        # A soak stays with the system that costs least.
        if not of_kind or (options.minutes and kind is not Kind.PLAIN):
            continue
        try:
            outcomes += _run(kind, of_kind, seeds, deadline)
        except PermissionError as error:
            not_run += [f"{each.name}: {error}" for each in of_kind]
    return _report(outcomes, not_run, write=options.write)


def _run(kind: Kind, scenarios: list[Scenario], seeds: Iterable[int], deadline: float) -> list[Outcome]:
    """All on one system, until the deadline (monotonic)."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="vitrine-faults-") as folder, system_of(kind, Path(folder)) as system:
        for seed, scenario in ((seed, scenario) for seed in seeds for scenario in scenarios):
            if time.monotonic() > deadline:
                break
            outcomes.append(_outcome_of(system, scenario, seed, len(outcomes)))
            _say(outcomes[-1])
    return outcomes


def _report(outcomes: list[Outcome], not_run: list[str], *, write: bool) -> int:
    """Prints, and writes where that is wanted; returns the exit status."""
    table = "\n".join(_table(outcomes))
    problems = [f"{each.scenario} (seed {each.seed}): {text}" for each in outcomes for text in each.found.problems]
    print(table, *(f"not run: {each}" for each in not_run), *problems, sep="\n")
    if write:
        _write(table)
    return 1 if problems or not outcomes else 0


def _outcome_of(system: System, scenario: Scenario, seed: int, number: int) -> Outcome:
    try:
        return run(system, scenario, seed, number=number)
    except (AssertionError, StackError) as error:
        return Outcome(scenario.name, seed, 0, Found([f"it did not come back: {error}"]), float("inf"))


def _say(outcome: Outcome) -> None:
    state = "all holds" if not outcome.found.problems else f"{len(outcome.found.problems)} PROBLEMS"
    print(f"{outcome.scenario}, seed {outcome.seed}: {state}, back after {outcome.seconds:.1f} s", flush=True)
    for problem in outcome.found.problems:
        print(f"    {problem}", flush=True)


def _table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Markdown."""
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "|---|" + "--:|" * (len(HEADINGS) - 1)
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.scenario, []).append(outcome)
    bounds = {scenario.name: scenario.bound for scenario in SCENARIOS}
    for name, runs in by_name.items():
        seconds = [run.seconds for run in runs]
        bound = bounds[name]
        promised = "" if bound is None else f" [{bound:.0f}]" + (" MISSED" if max(seconds) > bound else "")
        cells = (
            name,
            len(runs),
            f"{sum(run.accepted for run in runs):,}",
            sum(run.found.lost for run in runs),
            sum(run.found.doubled for run in runs),
            sum(run.found.dead for run in runs),
            sum(bool(run.found.problems) for run in runs),
            f"{median(seconds):.1f} s",
            f"{max(seconds):.1f} s{promised}",
        )
        yield "| " + " | ".join(map(str, cells)) + " |"


def _write(table: str) -> None:
    before, _, rest = REPORT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="SEED")
    parser.add_argument("--minutes", type=float, default=0, help="go on for so long, with new seeds")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios whose name holds it")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
