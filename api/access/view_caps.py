"""Which posted events count for what others are recommended: so many an hour of one person and of one address.

What is over a cap is stored like any view, and its shopper sees it; nobody else is recommended anything because of it.
Counted in Valkey in one atomic step, or in this process without it.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, cast

import redis
from django.conf import settings

from api import valkey
from api.access.addresses import origin_of_limits
from api.access.authentication import Access
from api.access.held import with_room
from vitrine.canary import is_canary
from vitrine.errors import CacheUnavailableError
from vitrine.events import ProductView
from vitrine.metrics import api as metrics
from vitrine.shop_events import ShopEvent, lessons

HOUR = 3600.0
_PREFIX = "vitrine-views"
_SCRIPT = Path(__file__).with_name("view_caps.lua")
_KNOWN_BYTES = 16


class Cap(NamedTuple):
    """How many views an hour count of whatever it is a cap of."""

    name: str
    most: int


class Counting(NamedTuple):
    """A view: what it is known by when it comes again, and of whom or what it is one more, a name for each cap."""

    known: bytes
    names: tuple[str, ...]


@dataclass(slots=True)
class _Held:
    """What counted under one name since its hour began."""

    ends_at: float
    count: int = 0
    known: set[bytes] = field(default_factory=set)


class ProcessCaps:
    """The caps of one process: the algorithm of view_caps.lua. Safe to share between threads."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def judge(self, views: Sequence[Counting], caps: Sequence[Cap], *, now: float) -> list[int]:
        """For each view 0, or the number of the first cap that it is over. `now` is in seconds."""
        with self._lock:
            self._held = with_room(self._held, lambda each: each.ends_at <= now)
            return [self._judge(view, caps, now) for view in views]

    def _judge(self, view: Counting, caps: Sequence[Cap], now: float) -> int:
        held = [self._of(name, now) for name in view.names]
        if view.known in held[0].known:
            return 0
        for number, (each, cap) in enumerate(zip(held, caps, strict=True), start=1):
            if each.count >= cap.most:
                return number
        held[0].known.add(view.known)
        for name, each in zip(view.names, held, strict=True):
            each.count += 1
            self._held[name] = each
        return 0

    def _of(self, name: str, now: float) -> _Held:
        held = self._held.get(name)
        return held if held is not None and held.ends_at > now else _Held(now + HOUR)


def over_caps(events: Sequence[ProductView | ShopEvent], access: Access) -> Mapping[int, str]:
    """Of the events that do not count, by their place: the name of the cap that each is over.

    A view of a product, putting it into a cart, and each line of an order are counted for themselves; an order is over
    a cap when one of its lines is. What teaches nothing has no cap.

    The address counts where shoppers send for themselves: with a browser's key, or where no key is asked for. All of a
    shop's shoppers come from the one address of its server. The hour is that of the arrival: the time in a view is the
    sender's own claim.
    """
    caps = [Cap("person", settings.PERSON_PRODUCT_VIEWS_PER_HOUR)]
    address = None
    if access.key is None or access.is_browser:
        address = origin_of_limits(access.address)
        caps += [
            Cap("address-product", settings.ADDRESS_PRODUCT_VIEWS_PER_HOUR),
            Cap("address", settings.ADDRESS_VIEWS_PER_HOUR),
        ]
    # The canary teaches nobody anything.
    counted = [
        (place, counting)
        for place, event in enumerate(events)
        if not is_canary(event.userid)
        for counting in _countings(event, address)
    ]
    full = _judge([counting for _, counting in counted], caps)
    over = {place: caps[number - 1].name for (place, _), number in zip(counted, full, strict=True) if number}
    for name in over.values():
        metrics.UNCOUNTED_VIEWS.labels(name).inc()
    return over


def _countings(event: ProductView | ShopEvent, address: str | None) -> Iterator[Counting]:
    """Ids are in it as digests: they may be long, and Valkey need not know who viewed what."""
    if isinstance(event, ProductView):
        kind, taught = "", [(event.properties.productid, event.messageid)]
    else:
        kind, taught = f"{event.__struct_config__.tag}:", list(lessons(event))
    for product, identity in taught:
        names = [f"{_PREFIX}:{kind}person:{_digest(event.userid, product).hex()}"]
        if address is not None:
            names.append(f"{_PREFIX}:{kind}address:{address}:{_digest(product).hex()}")
            names.append(f"{_PREFIX}:{kind}address:{address}")
        yield Counting(_digest(identity, event.timestamp or ""), tuple(names))


def _digest(*texts: str) -> bytes:
    # No id has a space in it.
    return blake2b(" ".join(texts).encode(), digest_size=_KNOWN_BYTES).digest()


def _judge(views: Sequence[Counting], caps: Sequence[Cap]) -> list[int]:
    if not views:
        return []
    try:
        full = valkey.ask(lambda client: _ask_valkey(client, views, caps))
    except CacheUnavailableError:
        full = None
    return _in_process.judge(views, caps, now=time.monotonic()) if full is None else full


def _ask_valkey(client: redis.Redis, views: Sequence[Counting], caps: Sequence[Cap]) -> list[int]:
    keys = [name for view in views for name in view.names]
    arguments: list[bytes | int] = [
        round(HOUR * 1000),
        len(caps),
        *(cap.most for cap in caps),
        *(view.known for view in views),
    ]
    return cast(list[int], valkey.script(client, _SCRIPT)(keys=keys, args=arguments))


_in_process = ProcessCaps()
