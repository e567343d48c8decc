"""Dead letters: messages that could not be stored. What they are, and what becomes of them.

    list     how many there are, by reason
    show     each of them, a JSON object a line
    replay   sends them again to where they came from, each once; do it after what was wrong is mended
    drop     settles them without sending

Exit status: 0 done; 1 Kafka is away or somebody else is at it; 2 the command is not right, or some letters cannot be
replayed because only their first bytes were kept.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from services.dead_letters.summary import summary
from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, one_line, say
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import Fate, Selection, open_letters, settle

_say = partial(say, "dead_letters", file=sys.stdout)
FATES: dict[str, Fate] = {"replay": "replayed", "drop": "dropped"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what is asked; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    chosen = _selection(options)
    if options.command in FATES and chosen == Selection() and not options.all:
        parser.error(f"{options.command}: say which letters, by reason, time, origin or offset, or --all")
    try:
        configure_logging()
        settings = load(KafkaSettings)
        if options.command == "list":
            return _list(settings, chosen)
        if options.command == "show":
            return _show(settings, chosen, options.limit)
        return _settle(settings, chosen, options.command, dry_run=options.dry_run)
    except VitrineError as error:
        say("dead_letters", f"dead_letters: {error}", level=logging.ERROR)
        return 1


def _list(settings: KafkaSettings, chosen: Selection) -> int:
    groups = summary(open_letters(settings, chosen))
    for group in groups:
        _say(
            f"{group.letters:>9,}  {_written(group.first)} to {_written(group.last)}  {group.topic}: {group.reason}",
            **group._asdict(),
        )
    _say(f"{sum(group.letters for group in groups):>9,}  dead letters wait in {settings.dead_letter_topic}")
    return 0


def _show(settings: KafkaSettings, chosen: Selection, limit: int) -> int:
    for letter in islice(open_letters(settings, chosen), limit):
        print(one_line(json.dumps(letter.as_json(), ensure_ascii=False)))
    return 0


def _settle(settings: KafkaSettings, chosen: Selection, command: str, *, dry_run: bool) -> int:
    fate = FATES[command]
    done = settle(settings, chosen, fate, dry_run=dry_run)
    would = "would be " if dry_run else ""
    _say(f"{done.settled:,} dead letters {would}{fate}", settled=done.settled, dry_run=dry_run)
    if done.cut:
        _say(f"{done.cut:,} cannot be replayed: only their first bytes were kept", cut=done.cut)
    return 2 if done.cut else 0


def _written(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(
        reason=options.reason,
        topic=options.topic,
        partition=options.partition,
        since=options.since,
        until=options.until,
        offsets=frozenset(options.offset),
    )


def _parser() -> argparse.ArgumentParser:
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--reason", default="", metavar="TEXT", help="a part of the reason, in any case")
    which.add_argument("--topic", default="", help="the topic that they came from")
    which.add_argument("--partition", type=int, help="the partition that they came from")
    which.add_argument("--since", type=_time, metavar="TIME", help="not older, such as 2026-11-01T00:00:00Z")
    which.add_argument("--until", type=_time, metavar="TIME", help="older than this")
    which.add_argument("--offset", type=int, action="append", default=[], help="of the letter itself; may be repeated")
    parser = argparse.ArgumentParser(
        prog="python -m services.dead_letters",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[which], help="how many, by reason")
    show = commands.add_parser("show", parents=[which], help="each of them")
    show.add_argument("--limit", type=int, default=20, help="default: 20")
    for name, fate in FATES.items():
        command = commands.add_parser(name, parents=[which], help=f"they are {fate}")
        command.add_argument("--dry-run", action="store_true", help="say how many, and do nothing")
        command.add_argument("--all", action="store_true", help="all of them")
    return parser


def _time(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-01T00:00:00Z") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


if __name__ == "__main__":
    sys.exit(main())
