"""Lands sources in the lake: `python -m vitrine.lake land SOURCE|all-files|all | prepare | list | erase KIND ID`.

Exit status: 0 done, 1 something could not be landed, 2 the command line is wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict

from vitrine.errors import VitrineError
from vitrine.lake import landing
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.logs import configure_logging, say
from vitrine.settings import LakeSettings, load

PROGRAM = "vitrine.lake"
logger = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        configure_logging()
        return _run(options)
    except VitrineError as error:
        say(PROGRAM, f"{PROGRAM}: {error}", level=logging.ERROR)
        return 1


def _run(options: argparse.Namespace) -> int:
    lake = Lake(load(LakeSettings))
    if options.command == "list":
        print(json.dumps(landing.overview(lake)))
        return 0
    if options.command == "prepare":
        landing.prepare(lake)
        return 0
    if options.command == "erase":
        print(json.dumps(asdict(landing.erase(lake, options.kind, options.person))))
        return 0
    return _land(lake, options)


def _land(lake: Lake, options: argparse.Namespace) -> int:
    """Each source for itself: one that fails does not stop the others."""
    landed: list[Landed] = []
    failed = False
    for name in landing.GROUPS.get(options.source, [options.source]):
        if options.source in landing.GROUPS and not landing.is_there(lake, name):
            say(PROGRAM, f"{name}: there are no files of it in {lake.settings.csv_folder}/{name}")
            continue
        try:
            landed += landing.land(lake, name, folder=options.folder, again=options.again)
        except VitrineError as error:
            say(PROGRAM, f"{PROGRAM}: {name}: {error}", level=logging.ERROR)
            failed = True
        except Exception:  # a fault of ours in one source is no reason to lose the others
            logger.exception("%s: %s", PROGRAM, name)
            failed = True
    for each in landed:
        _tell(each)
    print(json.dumps([each.as_dict() for each in landed]))
    return 1 if failed or any(each.failures for each in landed) else 0


def _tell(landed: Landed) -> None:
    say(PROGRAM, landed.sentence(), **landed.as_dict())
    for failure in landed.failures:
        say(PROGRAM, f"{landed.source}.{landed.table}: {failure}", level=logging.ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python -m {PROGRAM}", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    land = commands.add_parser("land", help="land what is new in a source")
    land.add_argument("source", choices=[*landing.SOURCES, *landing.GROUPS])
    land.add_argument("--folder", help="where its CSV files are: a folder, or s3://bucket/prefix")
    land.add_argument("--again", action="store_true", help="also what has been landed before")
    erase = commands.add_parser("erase", help="take one person out of the lake")
    erase.add_argument("kind", choices=landing.kinds())
    erase.add_argument("person", metavar="ID", help="their id")
    commands.add_parser("prepare", help="make all tables, without rows where nothing was landed")
    commands.add_parser("list", help="name each table and what has been landed of it")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
