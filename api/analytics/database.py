"""Statements on what was published, and Postgres' errors as Vitrine's."""

from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, ProgrammingError, connections

from api import breaker
from vitrine.errors import NothingPublishedError, ShopDatabaseUnavailableError

# A connection of its own, which reads only: see DATABASES.
ALIAS = "analytics"
# Postgres' codes for a table and a schema that are not there.
_NOT_THERE = {"42P01", "3F000"}


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Raises ShopDatabaseUnavailableError, and NothingPublishedError where there is no such table yet."""
    return postgres.call(_rows, statement, values)


def _rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())
    except (OperationalError, InterfaceError) as error:
        connections[ALIAS].close()
        raise ShopDatabaseUnavailableError(f"Postgres: {' '.join(str(error).split())}") from error
    except ProgrammingError as error:
        if getattr(error.__cause__, "pgcode", None) in _NOT_THERE:
            raise NothingPublishedError(str(error)) from error
        raise


postgres = breaker.Breaker(lambda: _rows("SELECT 1"), pause=0.25)
