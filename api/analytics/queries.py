"""Each question as one statement, which reads the publish first: what it sees is one publish, whole.

A publisher waits for whoever reads the publish with swapping the marts, and a statement that waited for the swap looks
the names up again. So no transaction around it is needed.
"""

from collections.abc import Iterator
from typing import Any

from api.analytics.parameters import Page
from api.analytics.resources import Resource

Statement = tuple[str, list[Any]]


def version_query(resource: Resource) -> str:
    return f"SELECT publish_id, published_at FROM {resource.version}"


def page_query(resource: Resource, page: Page) -> Statement:
    """One row more than the page holds, which shows whether there is another page."""
    direction = " DESC" if resource.descending else ""
    order = ", ".join(f"{column}{direction}" for column in resource.order)
    conditions, values = _conditions(resource, page)
    rows = f"SELECT {_expressions(resource)} FROM {resource.table}{conditions}"
    rows = f"{rows} GROUP BY {resource.group_by}" if resource.group_by else rows
    after, after_values = _after(resource, page)
    inner = f"SELECT true AS is_row, found.* FROM ({rows}) AS found{after} ORDER BY {order} LIMIT {page.limit + 1}"
    statement = f"SELECT publish_id, published_at, page.* FROM {resource.version} LEFT JOIN ({inner}) AS page ON true"
    return f"{statement} ORDER BY {order}", [*values, *after_values]


def profile_query(resource: Resource, owner: str) -> Statement:
    """The row of an owner, after the number of its table: each publish makes its tables anew."""
    columns = ", ".join(resource.columns)
    return f"SELECT tableoid, {columns} FROM {resource.table} WHERE {_key(resource)} = %s", [owner]


def published_profile_query(resource: Resource, owner: str) -> Statement:
    """The same, after the publish that it is of."""
    columns = ", ".join(resource.columns)
    return (
        f"SELECT publish_id, published_at, profiles.tableoid, {columns}"
        f" FROM {resource.version} CROSS JOIN {resource.table} AS profiles WHERE {_key(resource)} = %s",
        [owner],
    )


def _key(resource: Resource) -> str:
    return next(iter(resource.columns))


def _expressions(resource: Resource) -> str:
    return ", ".join(f"{resource.expressions.get(column, column)} AS {column}" for column in resource.columns)


def _conditions(resource: Resource, page: Page) -> Statement:
    conditions = [
        f"{resource.filters[name].column} {resource.filters[name].operator} %s::{resource.filters[name].kind.value}"
        for name in page.filters
    ]
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), list(page.filters.values())


def _after(resource: Resource, page: Page) -> Statement:
    if page.after is None:
        return "", []
    sign = "<" if resource.descending else ">"
    return f" WHERE ({', '.join(resource.order)}) {sign} ({', '.join(_places(resource))})", list(page.after)


def _places(resource: Resource) -> Iterator[str]:
    return (f"%s::{resource.columns[column].value}" for column in resource.order)
