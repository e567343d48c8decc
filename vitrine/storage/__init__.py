"""Cassandra: the link to it, schema, views, what there is to show, orders. The only importer of its driver."""

from vitrine.storage.assortment import AssortmentCache
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.product_views import Refusal, ViewRow, ViewStore, view_row

__all__ = ["AssortmentCache", "Link", "Refusal", "ViewRow", "ViewStore", "view_row"]
