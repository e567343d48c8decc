"""Runs the warehouse from a shell: `python -m vitrine.analytics staging | recommendations | marts | … | run`.

`pipeline` lands the sources first; `erase KIND ID` takes one person out of everything.

Exit status: 0 done, 1 it could not be done or a source of the pipeline could not be landed, 2 the command line is
wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from vitrine.analytics.dbt import Dbt
from vitrine.analytics.describing import page_of_marts
from vitrine.analytics.erasing import KINDS, erase
from vitrine.analytics.steps import STEPS, run
from vitrine.errors import VitrineError
from vitrine.lake.__main__ import main as land_sources
from vitrine.logs import configure_logging, say
from vitrine.settings import WarehouseSettings, load

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
    print(json.dumps({"step": options.step, **STEPS[options.step].run()}))
    return 0


def _all_steps(_: argparse.Namespace) -> int:
    for said in run():
        print(json.dumps(said), flush=True)
    return 0


def _pipeline(options: argparse.Namespace) -> int:
    """A source that cannot be landed does not keep what is there from being built and published."""
    asked = ("completejourney", "--folder", options.csv) if options.csv else ("all",)
    landed = land_sources(("land", *asked))
    return _all_steps(options) or landed


def _describe(options: argparse.Namespace) -> int:
    dbt = Dbt(load(WarehouseSettings))
    dbt.run("parse")
    options.page.write_text(page_of_marts(dbt.manifest()))
    return 0


def _erase(options: argparse.Namespace) -> int:
    print(json.dumps({"step": options.step, **erase(options.kind, options.person)}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python -m {PROGRAM}", description="Runs the warehouse over what is in the lake.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="step")
    for name, step in STEPS.items():
        steps.add_parser(name, help=step.help).set_defaults(act=_one_step)
    everything = steps.add_parser("run", help="all of these; what nothing has changed for is not built again")
    everything.set_defaults(act=_all_steps)
    pipeline = steps.add_parser("pipeline", help="lands all sources, then does all of these")
    pipeline.add_argument("--csv", metavar="FOLDER", help="land this folder of completejourney's form, and no others")
    pipeline.set_defaults(act=_pipeline)
    describe = steps.add_parser("describe", help="writes a page that describes the marts")
    describe.add_argument("page", type=Path, help="such as docs/marts.md")
    describe.set_defaults(act=_describe)
    erasing = steps.add_parser("erase", help="takes one person out of lake, warehouse, marts, samples and cache")
    erasing.add_argument("kind", choices=KINDS)
    erasing.add_argument("person", metavar="ID", help="their id")
    erasing.set_defaults(act=_erase)
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
