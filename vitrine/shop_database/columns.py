"""The SQL that gives each column of Cassandra's tables its value, in the form in which Cassandra takes it."""

from collections.abc import Mapping, Sequence

from vitrine.errors import SchemaError


def line_values(columns: Sequence[str]) -> str:
    """The SELECT list of order lines, in the order of Cassandra's columns.

    Raises SchemaError unless `columns` are exactly the columns that are known here.
    """
    return _select_list("order lines", _LINE, columns)


def product_values(columns: Sequence[str]) -> str:
    """The same for products."""
    return _select_list("products", _PRODUCT, columns)


def _milliseconds(time: str) -> str:
    """Not extract(): its numeric takes several times as long, and a double keeps milliseconds exactly."""
    return f"(date_part('epoch', {time}) * 1000)::bigint"


_LINE = {
    "userid": "o.user_id",
    "messagetime": _milliseconds("o.ordered_at"),
    "orderid": "order_id",
    "productid": "product_id",
    "categoryid": "p.category_id",
    "quantity": "i.quantity",
}
_PRODUCT = {
    "productid": "product_id",
    "categoryid": "category_id",
    "name": "name",
    # A decimal of CQL: its scale, then the number without the point.
    "price": "int4send(2) || int8send((price * 100)::bigint)",
    "created_at": _milliseconds("created_at"),
    "in_stock": "in_stock",
}


def _select_list(what: str, known: Mapping[str, str], columns: Sequence[str]) -> str:
    if odd := known.keys() ^ set(columns):
        names = ", ".join(sorted(odd))
        raise SchemaError(f"the columns of {what} in Postgres and in Cassandra do not match: {names}")
    return ", ".join(known[column] for column in columns)
