"""Erasures of people: `python -m vitrine.erasing complete | finish | verify-receipt FILE`.

    complete         what is left to do of accepted erasures, but for the analytics side
    finish           reads from standard input what `python -m vitrine.analytics erase-pending` has printed
    verify-receipt   whether a receipt was made with VITRINE_RECEIPT_KEY, and is as it was made

Exit status: 0 done, or genuine; 1 it could not be done, or not genuine; 2 the command line is wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vitrine.erasing import receipts
from vitrine.errors import SettingsError, VitrineError
from vitrine.logs import configure_logging, say
from vitrine.settings import ApiSettings, load

PROGRAM = "vitrine.erasing"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        configure_logging()
        status: int = options.act(options)
    except VitrineError as error:
        say(PROGRAM, f"{PROGRAM}: {error}", level=logging.ERROR)
        return 1
    return status


def _complete(_: argparse.Namespace) -> int:
    from vitrine.erasing import later

    print(json.dumps(later.complete()))
    return 0


def _finish(_: argparse.Namespace) -> int:
    from vitrine.erasing import later

    lines = sys.stdin.read().splitlines()
    print(json.dumps(later.finish(json.loads(lines[-1]) if lines else [])))
    return 0


def _verify(options: argparse.Namespace) -> int:
    key = load(ApiSettings).receipt_key
    if not key:
        raise SettingsError("VITRINE_RECEIPT_KEY: needed to verify a receipt")
    try:
        document = msgspec.json.decode(options.file.read_bytes(), type=dict)
    except (OSError, msgspec.DecodeError) as error:
        say(PROGRAM, f"{options.file} is no receipt: {error}", level=logging.ERROR)
        return 1
    is_genuine = receipts.is_genuine(document, key.get_secret_value())
    say(PROGRAM, f"{options.file}: {'genuine' if is_genuine else 'not genuine'}", file=sys.stdout)
    return 0 if is_genuine else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python -m {PROGRAM}", description="Erasures of people.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    complete = commands.add_parser("complete", help="what is left to do, but for the analytics side")
    complete.set_defaults(act=_complete)
    finish = commands.add_parser("finish", help="notes what the analytics side printed, given on standard input")
    finish.set_defaults(act=_finish)
    verify = commands.add_parser("verify-receipt", help="whether a receipt is genuine")
    verify.add_argument("file", type=Path, help="the receipt as the API gave it")
    verify.set_defaults(act=_verify)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
