"""The market into Postgres: `python -m vitrine.market land SOURCE… | normalise | run`.

Exit status: 0 done, 1 something could not be done (what could be is), 2 the command line is wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say
from vitrine.market.landing import SOURCES, Landed, land, make_tables, unset_variable
from vitrine.market.normalising import normalise
from vitrine.settings import MarketSettings, load


def main(arguments: Sequence[str], today: date) -> int:
    options = _parser().parse_args(arguments)
    failures: list[VitrineError] = []
    try:
        configure_logging()
        settings = load(MarketSettings)
        make_tables(settings)
        sources = _with_settings(settings) if options.command == "run" else options.sources
        landed = _land(settings, sources, today, failures)
        if options.command != "land":
            normalise(settings)
        print(json.dumps([asdict(each) for each in landed]))
    except VitrineError as error:
        failures.append(error)
    for failure in failures:
        say("vitrine.market", f"vitrine.market: {failure}", level=logging.ERROR)
    return 1 if failures else 0


def _with_settings(settings: MarketSettings) -> list[str]:
    """The sources in their order, as businesses are asked for by state; those without a setting are left out."""
    unset = {source: variable for source in SOURCES if (variable := unset_variable(settings, source))}
    for source, variable in unset.items():
        say("vitrine.market", f"{source} is left out: {variable} is not set", level=logging.WARNING)
    return [source for source in SOURCES if source not in unset]


def _land(settings: MarketSettings, sources: Sequence[str], today: date, failures: list[VitrineError]) -> list[Landed]:
    """A source that fails does not keep the others waiting."""
    landed = []
    for source in sources:
        try:
            landed.append(land(settings, source, today))
        except VitrineError as error:
            failures.append(error)
    return landed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m vitrine.market", description="The market around the shop.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    names = ", ".join(SOURCES)
    landing = commands.add_parser("land", help=f"fetch sources into the schema market_raw of Postgres: {names}")
    landing.add_argument("sources", nargs="+", choices=SOURCES, metavar="SOURCE")
    normalising = commands.add_parser("normalise", help="bring market_raw into the tables of the schema market, by dbt")
    normalising.set_defaults(sources=())
    commands.add_parser("run", help="both, with all sources whose settings are there")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], datetime.now(UTC).date()))
    except KeyboardInterrupt:
        sys.exit(130)
