"""Log lines of all processes: text for people, or one JSON object a line for log collectors (VITRINE_LOG_FORMAT)."""

import logging
import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter
from tqdm import tqdm

from vitrine.settings import LogSettings, load

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
# The sentence is the event; what is given as `extra` (ids, counts) and a traceback become fields of their own.
JSON = "%(levelname)s %(name)s %(message)s"
NAMES = {"levelname": "level", "name": "logger", "message": "event", "exc_info": "traceback"}

# What ends a line somewhere, moves a terminal's cursor, or turns the direction of what is read: C0 and C1, the two
# separators, the marks of direction, and halves of characters.
_MISLEADING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_INDENTED = "    "


def one_line(text: str) -> str:
    """A text with `\\u….` for every character with which it could pass for a line of its own, or for another text."""
    return _MISLEADING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class OneLineFormatter(logging.Formatter):
    """A line for each record, whatever is in it; the lines of a traceback stand further in, as no record's do."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        return one_line(super().formatMessage(record))

    def formatException(  # noqa: N802 - the name is logging's
        self,
        ei: "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]",
    ) -> str:
        return "\n".join(f"{_INDENTED}{one_line(line)}" for line in super().formatException(ei).splitlines())


def formatter(text: str = TEXT, defaults: Mapping[str, str] | None = None) -> logging.Formatter:
    """Turns a log record into a line. Raises SettingsError.

    `text` is the format where logs are text; `defaults` holds what it names and a record may lack.
    """
    if load(LogSettings).log_format == "json":
        return JsonFormatter(JSON, rename_fields=NAMES, timestamp="time")
    return OneLineFormatter(text, defaults=defaults)


def configure_logging() -> None:
    """Lines on standard error: time, level, logger, text. Raises SettingsError."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # The driver logs every lost connection several times; Vitrine logs once that Cassandra is away.
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)


def say(
    program: str, sentence: str, *, level: int = logging.INFO, file: TextIO | None = None, **fields: object
) -> None:
    """Tells the user of a command something: the bare sentence or, where logs are JSON, a log line with its fields.

    The sentence goes to `file`, by default standard error. A progress bar there stays below it.
    """
    if any(isinstance(handler.formatter, JsonFormatter) for handler in logging.getLogger().handlers):
        logging.getLogger(program).log(level, sentence, extra=fields)
    else:
        tqdm.write(one_line(sentence), file=file or sys.stderr)
