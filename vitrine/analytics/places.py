"""Where a person stands in the tables of the warehouse and of the marts."""

from collections.abc import Iterable
from typing import NamedTuple


class Kind(NamedTuple):
    """Where such a person stands: in columns of these names, and as the owner of a source's purchases."""

    columns: frozenset[str]
    source: str
    owner_kind: str


KINDS = {
    "household": Kind(frozenset({"household_id"}), "completejourney", "household"),
    "user": Kind(frozenset({"user_id", "customer_id", "visitor_id", "person_id"}), "shop", "customer"),
    "customer": Kind(frozenset({"customer_id"}), "online_retail", "customer"),
}
# Its customers are not the shop's, and stand nowhere else.
_OF_ONLINE_RETAIL = "stg_online_retail__transactions"
# The lines of orders name no person.
_OF_ORDERS = "order_id IN (SELECT order_id FROM staging.stg_shop__orders WHERE user_id = {})"


class Place(NamedTuple):
    """A table, and the condition, with one parameter, of the rows of a person."""

    schema: str
    table: str
    condition: str


def places(columns: Iterable[tuple[str, str, str]], kind: str) -> list[Place]:
    """Where the person can stand, out of (schema, table, column)."""
    of_tables: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in columns:
        of_tables.setdefault((schema, table), set()).add(column)
    found = [
        Place(schema, table, condition)
        for (schema, table), names in of_tables.items()
        if (table == _OF_ONLINE_RETAIL) == (kind == "customer") and (condition := _condition(names, KINDS[kind]))
    ]
    # Lines are found by their orders, so these go last.
    return sorted(found, key=lambda place: place.condition != _OF_ORDERS)


def _condition(names: set[str], kind: Kind) -> str:
    if found := names & kind.columns:
        return f"{{}} IN ({', '.join(sorted(found))})"
    if kind.source == "shop" and "order_id" in names:
        return _OF_ORDERS
    if "owner_id" not in names:
        return ""
    owned = f"owner_kind = '{kind.owner_kind}'" if "owner_kind" in names else f"source = '{kind.source}'"
    return f"owner_id = {{}} AND {owned}"
