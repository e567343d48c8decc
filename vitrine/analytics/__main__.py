"""Runs the warehouse from a shell: `python -m vitrine.analytics staging | recommendations | marts | … | run`.

`pipeline` lands the sources first; `erase KIND ID` takes one person out of everything.

Exit status: 0 done, 1 it could not be done or a source of the pipeline could not be landed, 2 the command line is
wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vitrine.analytics.dbt import Dbt
from vitrine.analytics.describing import page_of_marts
from vitrine.analytics.erasing import erase, erase_pending
from vitrine.analytics.places import KINDS
from vitrine.analytics.steps import STEPS, run, run_step
from vitrine.errors import VitrineError
from vitrine.lake.__main__ import main as land_sources
from vitrine.locks import alone_in
from vitrine.logs import configure_logging, say
from vitrine.settings import KafkaSettings, WarehouseSettings, load

PROGRAM = "vitrine.analytics"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        configure_logging()
        status: int = options.act(options)
    except VitrineError as error:
        say(PROGRAM, f"{PROGRAM}: {error}", level=logging.ERROR)
        return 1
    return status


def _one_step(options: argparse.Namespace) -> int:
    with _alone():
        print(json.dumps(run_step(options.step, only_changes=options.only_changes)))
    return 0


def _all_steps(_: argparse.Namespace) -> int:
    with _alone():
        for said in run():
            print(json.dumps(said), flush=True)
    return 0


def _pipeline(options: argparse.Namespace) -> int:
    """A source that cannot be landed does not keep what is there from being built and published."""
    given = land_sources(("land", "completejourney", "--folder", options.csv)) if options.csv else 0
    landed = land_sources(("land", "all"))
    return _all_steps(options) or given or landed


def _describe(options: argparse.Namespace) -> int:
    dbt = Dbt(load(WarehouseSettings))
    dbt.run("parse")
    options.page.write_text(page_of_marts(dbt.manifest()))
    return 0


def _erase(options: argparse.Namespace) -> int:
    with _alone():
        print(json.dumps({"step": options.step, **erase(options.kind, options.person)}))
    return 0


def _erase_pending(_: argparse.Namespace) -> int:
    with _alone():
        print(json.dumps(erase_pending(load(KafkaSettings))))
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """DuckDB's writer refuses all others: who comes second, from a shell or from Airflow, waits."""
    folder = load(WarehouseSettings).warehouse_file.parent
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python -m {PROGRAM}", description="Runs the warehouse over what is in the lake.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="step")
    for name, step in STEPS.items():
        one = steps.add_parser(name, help=step.help)
        one.add_argument("--only-changes", action="store_true", help="leave out what would change nothing")
        one.set_defaults(act=_one_step)
    everything = steps.add_parser("run", help="all of these; what nothing has changed for is not built again")
    everything.set_defaults(act=_all_steps)
    pipeline = steps.add_parser("pipeline", help="lands all sources, then does all of these")
    pipeline.add_argument("--csv", metavar="FOLDER", help="land this folder of completejourney's form as well")
    pipeline.set_defaults(act=_pipeline)
    describe = steps.add_parser("describe", help="writes a page that describes the marts")
    describe.add_argument("page", type=Path, help="such as docs/marts.md")
    describe.set_defaults(act=_describe)
    erasing = steps.add_parser("erase", help="takes one person out of lake, warehouse, marts, samples and cache")
    erasing.add_argument("kind", choices=KINDS)
    erasing.add_argument("person", metavar="ID", help="their id")
    erasing.set_defaults(act=_erase)
    pending = steps.add_parser("erase-pending", help="the same for all whose erasure the API has accepted")
    pending.set_defaults(act=_erase_pending)
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
