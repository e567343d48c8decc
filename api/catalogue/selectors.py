"""Reading what is known of products."""

from collections.abc import Sequence

from vitrine.products import CatalogueProduct

from api import servers


def products(productids: Sequence[str]) -> dict[str, CatalogueProduct]:
    """Each product that there is, as it counts. Raises StorageUnavailableError."""
    return servers.cassandra.call(servers.products().read, productids)
