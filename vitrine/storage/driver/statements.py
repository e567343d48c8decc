"""CQL made out of column names, so that their order stands in one place."""

from collections.abc import Mapping, Sequence


def insert(
    table: str,
    columns: Sequence[str],
    *,
    constants: Mapping[str, str] | None = None,
    using: Sequence[str] = (),
) -> str:
    """An INSERT that binds the columns in their order, then what `using` names (TIMESTAMP, TTL).

    `constants` are further columns, each with a CQL literal.
    """
    constants = constants or {}
    names = ", ".join([*columns, *constants])
    values = ", ".join([*("?" for _ in columns), *constants.values()])
    suffix = f" USING {' AND '.join(f'{name} ?' for name in using)}" if using else ""
    return f"INSERT INTO {{keyspace}}.{table} ({names}) VALUES ({values}){suffix}"


def select(table: str, columns: Sequence[str], where: str = "") -> str:
    """A SELECT of the columns in their order; `where` begins behind WHERE."""
    return f"SELECT {', '.join(columns)} FROM {{keyspace}}.{table}{f' WHERE {where}' if where else ''}"
