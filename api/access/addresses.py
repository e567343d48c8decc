"""Where a request comes from."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.http import HttpRequest

Network = IPv4Network | IPv6Network


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


def address_of(request: HttpRequest, trusted: Sequence[Network]) -> str:
    """The address of whoever sent a request; behind trusted proxies, the last one they name that is none of theirs.

    Whatever stands before it in X-Forwarded-For is the sender's own claim, and counts for nothing.
    """
    nearest: str = request.META.get("REMOTE_ADDR", "")
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not is_within(nearest, trusted) or not hop.strip():
            break
        nearest = hop.strip()
    return nearest


@lru_cache(4096)
def is_within(address: str, among: tuple[Network, ...]) -> bool:
    """Whether an address belongs to one of the networks; what is no address belongs to none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in among)


@lru_cache(4096)
def origin_of_limits(address: str) -> str:
    """What shares one limit: an IPv4 address, or the /64 of an IPv6 address, which one customer of a provider has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
