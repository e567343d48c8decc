"""What the commands that prepare a server share: `python -m vitrine.storage`, `.shop_database`, `.streaming`."""

import logging
import sys
from collections.abc import Callable, Sequence

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say


def prepare(program: str, work: Callable[[], Sequence[str]], *, verb: str, otherwise: str) -> int:
    """Does `work` and says what it gave ("created a, b"), or `otherwise` where there was nothing to do.

    The exit status: 0, or 1 with one line on standard error when it could not be done.
    """
    try:
        configure_logging()
        made = list(work())
    except VitrineError as error:
        say(program, f"{program}: {error}", level=logging.ERROR)
        return 1
    # "created" is a field that each log record has.
    say(program, f"{verb} {', '.join(made)}" if made else otherwise, file=sys.stdout, names=made)
    return 0
