"""Cassandra: connection, schema, views. The only importer of its driver."""

from vitrine.storage.view_statements import ViewRow
from vitrine.storage.views import Refusal, ViewStore, view_row

__all__ = ["Refusal", "ViewRow", "ViewStore", "view_row"]
