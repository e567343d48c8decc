"""How much a key and an address may ask for: taken in Valkey in one atomic step, or in this process without it."""

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import redis
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api import valkey
from api.access.addresses import address_of, origin_of_limits
from api.access.authentication import access_of
from api.access.held import MAXIMUM, with_room
from api.limits import BODY_BYTES_MAXIMUM
from vitrine.errors import CacheUnavailableError

if TYPE_CHECKING:
    # It names these classes itself, while it is imported.
    from rest_framework.views import APIView

MINUTE = 60.0
# A body of so many bytes weighs as much as a request without one.
BYTES_PER_WEIGHT = 8192
_PREFIX = "vitrine-limit"
_SCRIPT = Path(__file__).with_name("limits.lua")

logger = logging.getLogger(__name__)


class Limit(NamedTuple):
    """What one name may take in a minute. `kind` is `key` or `address`."""

    kind: str
    name: str
    per_minute: int


class Left(NamedTuple):
    """What is left of a limit, and the seconds until it is full again."""

    limit: Limit
    remaining: int
    full_in: float


class Outcome(NamedTuple):
    """`refusing` is the limit that refuses, None if all was taken; `wait` the seconds until it would not."""

    refusing: Limit | None
    wait: float
    left: tuple[Left, ...]

    def headers(self) -> dict[str, str]:
        """The header fields of draft-ietf-httpapi-ratelimit-headers-10."""
        policies = (f'"{each.limit.kind}";q={each.limit.per_minute};w={MINUTE:.0f}' for each in self.left)
        states = (f'"{each.limit.kind}";r={each.remaining};t={math.ceil(each.full_in)}' for each in self.left)
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


class LimitReached(APIException):
    """More was asked for than a key or an address may ask for."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, outcome: Outcome, limit: Limit) -> None:
        seconds = math.ceil(outcome.wait)
        super().__init__(f"This {limit.kind} may ask for a weight of {limit.per_minute} a minute: wait {seconds} s.")
        self.headers = {**outcome.headers(), "Retry-After": str(seconds)}


class ProcessLimits:
    """The limits of one process: the algorithm of limits.lua. Safe to share between threads."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, limits: Sequence[Limit], weight: int, *, now: float) -> Outcome:
        """Takes a weight from every limit, or from none. `now` is in seconds."""
        with self._lock:
            before = [max(self._full_at.get(_name(limit), now), now) for limit in limits]
            after = [
                start + min(weight, limit.per_minute) * MINUTE / limit.per_minute
                for start, limit in zip(before, limits, strict=True)
            ]
            waits = [full - now - MINUTE for full in after]
            worst = max(range(len(limits)), key=waits.__getitem__)
            refuses = waits[worst] > 0
            if not refuses:
                self._full_at = with_room(self._full_at, lambda full: full <= now)
                self._full_at.update(zip(map(_name, limits), after, strict=True))
        left = tuple(
            Left(limit, math.floor((now + MINUTE - full) * limit.per_minute / MINUTE), full - now)
            for limit, full in zip(limits, before if refuses else after, strict=True)
        )
        return Outcome(limits[worst] if refuses else None, max(0.0, waits[worst]), left)


@dataclass(slots=True)
class Lease:
    """`units` are here, `remaining` were left in Valkey, which is full again at `full_at` (seconds)."""

    units: int = 0
    remaining: int = 0
    full_at: float = 0.0

    def left(self, limit: Limit, now: float) -> Left:
        return Left(limit, max(0, self.remaining + self.units), max(0.0, self.full_at - now))


class Leases:
    """What this process has taken from limits and not spent yet: most requests ask Valkey for nothing.

    Where limits are too small for a hundredth of them to be a whole number, nothing is taken in advance, and they are
    kept exactly. What is taken and never spent is missing: a hundredth for each process. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._held: dict[str, Lease] = {}
        self._lock = threading.Lock()

    def spend(self, limits: Sequence[Limit], weight: int) -> list[Limit]:
        """Spends a weight of every limit; where some have too little, nothing, and these are returned."""
        leases = [self._of(limit) for limit in limits]
        with self._lock:
            short = [limit for limit, lease in zip(limits, leases, strict=True) if lease.units < weight]
            if not short:
                for lease in leases:
                    lease.units -= weight
        return short

    def add(self, limit: Limit, units: int) -> None:
        """What was granted beyond what was needed; less than nothing is repaid by what is granted next."""
        with self._lock:
            self._of(limit).units += units

    def note(self, limit: Limit, remaining: int, full_at: float) -> None:
        lease = self._of(limit)
        lease.remaining, lease.full_at = remaining, full_at

    def left(self, limits: Sequence[Limit], now: float) -> tuple[Left, ...]:
        return tuple(self._of(limit).left(limit, now) for limit in limits)

    def _of(self, limit: Limit) -> Lease:
        if len(self._held) >= MAXIMUM:
            self._held = {}
        return self._held.setdefault(_name(limit), Lease())


def take(limits: Sequence[Limit], weight: int) -> Outcome:
    """Takes a weight from every limit, or from none.

    Of what this process has in advance, else in Valkey; without Valkey of limits that are this process's own.
    """
    now = time.monotonic()
    short = _leases.spend(limits, weight)
    if not short:
        return Outcome(None, 0.0, _leases.left(limits, now))
    try:
        asked = valkey.ask(lambda client: _ask_valkey(client, short, weight, now=now))
    except CacheUnavailableError:
        asked = None
    if asked is None:
        return _in_process.take(limits, weight, now=now)
    refusing, wait = asked
    if refusing is None:
        for limit in set(limits) - set(short):
            _leases.add(limit, -weight)
    return Outcome(refusing, wait, _leases.left(limits, now))


def sharing(valkey_state: str) -> str:
    """`shared` between all processes, or one `each` while Valkey is away or not in use."""
    return "shared" if valkey_state == "up" else "each"


class Throttle(BaseThrottle):
    """Refuses (429) what is above the limit of its key, or of its address. What is open without a key has none."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        access = access_of(request)
        if access.key is None or request.method == "OPTIONS":
            return True
        limits = [Limit("key", str(access.key.id), access.key.requests_per_minute or settings.KEY_LIMIT_PER_MINUTE)]
        if access.is_browser:
            limits.append(_of_address(access.address))
        outcome = take(limits, weight_of(request, getattr(view, "weight", 1)))
        request._request.limits = outcome  # type: ignore[attr-defined] # for the headers of the answer
        if outcome.refusing is not None:
            raise LimitReached(outcome, outcome.refusing)
        return True


def take_from_address(request: HttpRequest, weight: int) -> None:
    """What counts against an address only: a request without a valid key, a try to sign in. Raises Throttled (429)."""
    outcome = take([_of_address(address_of(request, settings.ACCESS_TRUSTED_PROXIES))], weight)
    if outcome.refusing is not None:
        raise LimitReached(outcome, outcome.refusing)


def weight_of(request: Request, weight: int) -> int:
    """A view's own weight and that of the body; one in chunks, whose length is not known yet, weighs the most."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in request.META or not length.isdecimal():
        length = str(BODY_BYTES_MAXIMUM)
    return weight + min(int(length[:12]), BODY_BYTES_MAXIMUM) // BYTES_PER_WEIGHT


def _of_address(address: str) -> Limit:
    return Limit("address", origin_of_limits(address), settings.ADDRESS_LIMIT_PER_MINUTE)


def _name(limit: Limit) -> str:
    return f"{_PREFIX}:{limit.kind}:{limit.name}"


def _ask_valkey(client: redis.Redis, limits: Sequence[Limit], weight: int, *, now: float) -> tuple[Limit | None, float]:
    """Takes a weight, and what more is granted, from every limit or from none: which refuses, and for how long."""
    arguments = [weight, *(each.per_minute for each in limits)]
    take_all = valkey.script(client, _SCRIPT)
    refusing, wait, *each = cast(list[int], take_all(keys=[_name(each) for each in limits], args=arguments))
    for limit, granted, remaining, full_in in zip(limits, each[::3], each[1::3], each[2::3], strict=True):
        _leases.note(limit, remaining, now + full_in / 1e6)
        if not refusing:
            _leases.add(limit, granted - min(weight, limit.per_minute))
    return limits[refusing - 1] if refusing else None, wait / 1e6


_in_process = ProcessLimits()
_leases = Leases()
