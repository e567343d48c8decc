"""Writing what the shop says of its products. All raise StorageUnavailableError; doing it again is safe.

`now` is Unix seconds.
"""

from collections.abc import Sequence

from api import servers
from api.catalogue.bodies import Said


def put(said: Sequence[Said], *, now: float) -> None:
    """These are the products, whatever was said of them before."""
    servers.cassandra.call(servers.products().put, [each.product for each in said], now=now)


def amend(said: Sequence[Said], *, now: float) -> set[str]:
    """The fields that are named are so now, the others stay; returns the products that there are not."""
    return servers.cassandra.call(servers.products().amend, said, now=now)


def remove(productids: Sequence[str], *, now: float) -> set[str]:
    """These are not sold any more; returns those that there were not."""
    return servers.cassandra.call(servers.products().remove, productids, now=now)
