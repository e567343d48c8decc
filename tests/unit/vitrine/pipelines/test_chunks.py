"""The columns of Cassandra's tables and the SQL for them are joined when the pipelines start."""

import importlib

import pytest

from vitrine.errors import SchemaError
from vitrine.pipelines import chunks
from vitrine.shop_database.columns import line_values
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.storage.tables.products import ProductStore


@pytest.mark.parametrize(
    ("store", "columns", "complaint"),
    [
        (OrderLineStore, (*OrderLineStore.COLUMNS, "colour"), "order lines .* do not match: colour$"),
        (OrderLineStore, OrderLineStore.COLUMNS[:-1], "order lines .* do not match: quantity$"),
        (
            ProductStore,
            ("productid", "categoryid", "title", "price", "created_at", "in_stock"),
            "products .*: name, title$",
        ),
    ],
)
def test_a_column_that_only_one_side_knows_stops_the_import(
    monkeypatch: pytest.MonkeyPatch, store: type[OrderLineStore], columns: tuple[str, ...], complaint: str
) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(store, "COLUMNS", columns)
        with pytest.raises(SchemaError, match=complaint):
            importlib.reload(chunks)


def test_values_stand_in_the_order_of_the_table() -> None:
    backwards = line_values(OrderLineStore.COLUMNS[::-1])
    assert backwards.split(", ")[:2] == ["i.quantity", "p.category_id"]
    assert chunks.LINE_VALUES.split(", ")[-2:] == ["p.category_id", "i.quantity"]
