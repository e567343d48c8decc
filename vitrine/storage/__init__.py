"""Cassandra: connection, schema, views, what there is to show, orders. The only importer of its driver."""

from vitrine.storage.shelves import ShelfStore
from vitrine.storage.tables.product_views import Refusal, ViewStore, view_row
from vitrine.storage.tables.view_statements import ViewRow

__all__ = ["Refusal", "ShelfStore", "ViewRow", "ViewStore", "view_row"]
