"""Cassandra: connection, schema, views, what there is to show, orders. The only importer of its driver."""

from vitrine.storage.shelves import ShelfStore
from vitrine.storage.view_statements import ViewRow
from vitrine.storage.views import Refusal, ViewStore, view_row

__all__ = ["Refusal", "ShelfStore", "ViewRow", "ViewStore", "view_row"]
