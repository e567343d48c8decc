"""Cassandra: the link to it, schema, views, what there is to show, orders. The only importer of its driver.

What there is to show (`assortment`) is not imported here: it brings the model along, which the consumer has no use for.
"""

from vitrine.storage.driver.link import Link
from vitrine.storage.tables.product_views import Refusal, ViewRow, ViewStore, view_row
from vitrine.storage.tables.shop_events import ShopEventRow, ShopEventStore, shop_event_row

__all__ = ["Link", "Refusal", "ShopEventRow", "ShopEventStore", "ViewRow", "ViewStore", "shop_event_row", "view_row"]
