"""What dbt's tests found: which rule of which mart was broken by how many rows, and by which."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

SAMPLE_KEYS = 10
BAD = frozenset({"fail", "error"})
_STATUS = {"pass": "pass", "success": "pass", "warn": "warn", "fail": "fail", "error": "error"}


class Check(NamedTuple):
    """One rule and what came of it. `status` is pass, warn, fail, error or skipped."""

    name: str
    model: str
    column: str | None
    rule: str
    status: str
    failed_rows: int | None
    message: str
    # Keys of some of the rows that break the rule, or all that the test says of them.
    sample_keys: list[dict[str, Any]]


def read_checks(
    results: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any], connection: duckdb.DuckDBPyConnection
) -> list[Check]:
    """The tests among the results of a dbt command, with samples of what broke them."""
    found = []
    for result in results:
        node = manifest["nodes"].get(result["unique_id"], {})
        if node.get("resource_type") == "test":
            found.append(_check(result, node, manifest, connection))
    return sorted(found, key=lambda check: check.name)


def _check(
    result: Mapping[str, Any],
    node: Mapping[str, Any],
    manifest: Mapping[str, Any],
    connection: duckdb.DuckDBPyConnection,
) -> Check:
    status = _STATUS.get(result["status"], "skipped")
    tested = manifest["nodes"].get(node.get("attached_node"), {})
    is_broken = status in {"fail", "warn"}
    return Check(
        name=node["name"],
        model=tested.get("name") or node["name"],
        column=node.get("column_name"),
        rule=(node.get("test_metadata") or {}).get("name") or node["name"],
        status=status,
        failed_rows=result["failures"],
        message=" ".join(str(result["message"] or "").split()),
        sample_keys=_samples(connection, result["compiled_code"], key_of(tested)) if is_broken else [],
    )


def key_of(node: Mapping[str, Any]) -> Sequence[str]:
    """The columns of a mart's key."""
    key: Sequence[str] = node.get("config", {}).get("meta", {}).get("key", ())
    return key


def _samples(connection: duckdb.DuckDBPyConnection, query: str, key: Sequence[str]) -> list[dict[str, Any]]:
    rows = connection.execute(f"SELECT * FROM ({query}) AS broken LIMIT {SAMPLE_KEYS}")
    names = [column[0] for column in rows.description]
    shown = [name for name in names if name in key] or names
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True) if name in shown}
        for row in rows.fetchall()
    ]


def _plain(value: object) -> object:
    """As JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
