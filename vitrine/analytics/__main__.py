"""Runs the warehouse from a shell: `python -m vitrine.analytics staging | recommendations | marts | … | run`.

Exit status: 0 done, 1 it could not be done, 2 the command line is wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from vitrine.analytics.dbt import Dbt
from vitrine.analytics.describing import page_of_marts
from vitrine.analytics.steps import STEPS, run, run_step
from vitrine.errors import VitrineError
from vitrine.locks import alone_in
from vitrine.logs import configure_logging, say
from vitrine.settings import WarehouseSettings, load

PROGRAM = "vitrine.analytics"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        configure_logging()
        _run(options)
    except VitrineError as error:
        say(PROGRAM, f"{PROGRAM}: {error}", level=logging.ERROR)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    if options.step == "describe":
        dbt = Dbt(load(WarehouseSettings))
        dbt.run("parse")
        options.page.write_text(page_of_marts(dbt.manifest()))
        return
    # DuckDB's writer refuses all others: who comes second, from a shell or from Airflow, waits.
    folder = load(WarehouseSettings).warehouse_file.parent
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        for said in run() if options.step == "run" else [run_step(options.step, only_changes=options.only_changes)]:
            print(json.dumps(said), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python -m {PROGRAM}", description="Runs the warehouse over what is in the lake.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="step")
    for name, step in STEPS.items():
        one = steps.add_parser(name, help=step.help)
        one.add_argument("--only-changes", action="store_true", help="leave out what would change nothing")
    steps.add_parser("run", help="all of these; what nothing has changed for is not built again")
    describe = steps.add_parser("describe", help="writes a page that describes the marts")
    describe.add_argument("page", type=Path, help="such as docs/marts.md")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
