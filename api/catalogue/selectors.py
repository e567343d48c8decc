"""Reading what is known of products."""

from collections.abc import Sequence

from api import servers
from vitrine.products import CatalogueProduct


def products(productids: Sequence[str]) -> dict[str, CatalogueProduct]:
    """Each product that there is, as it counts. Raises StorageUnavailableError."""
    return servers.cassandra.call(servers.products().read, productids)
