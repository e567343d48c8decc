"""What the commands share."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management import CommandError
from django.db import DatabaseError

from api.problems import reasons


@contextmanager
def refusals() -> Iterator[None]:
    """What was wrong with what, as the end of the command."""
    try:
        yield
    except ValidationError as error:
        raise CommandError(reasons(error)) from None
    except ObjectDoesNotExist as error:
        raise CommandError(f"There is none of that name: {error}") from None
    except DatabaseError as error:
        raise CommandError(f"Postgres: {' '.join(str(error).split())}") from None


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns, aligned, for people."""
    cells = [list(headings), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    return f"{value:%F %T}" if isinstance(value, datetime) else str(value)
