"""Postgres: the shop's products and orders, and what has changed in them. The only importer of its driver."""

from vitrine.shop_database.connection import connect

__all__ = ["connect"]
