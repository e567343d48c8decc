"""What the commands that prepare a server share: `python -m vitrine.storage`, `.streaming`."""

import logging
import sys
from collections.abc import Callable, Sequence

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say


def prepare(program: str, work: Callable[[], Sequence[str]], *, verb: str, otherwise: str) -> int:
    """Does `work` and prints what it did ("created a, b"), or `otherwise` if there was nothing to do.

    Returns the exit status: 0, or 1 after one line on standard error that says why it could not be done.
    """
    try:
        configure_logging()
        made = list(work())
    except VitrineError as error:
        say(program, f"{program}: {error}", level=logging.ERROR)
        return 1
    # Not under the name `created`, which is a field of every log record.
    say(program, f"{verb} {', '.join(made)}" if made else otherwise, file=sys.stdout, names=made)
    return 0
