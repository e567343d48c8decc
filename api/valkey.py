"""Valkey, as each process talks to it: one client for all threads, and nobody waits long for it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import redis
from redis.commands.core import AsyncScript, Script

from api.breaker import Breaker
from vitrine.errors import CacheUnavailableError
from vitrine.settings import ApiSettings, load
from vitrine.valkey import client, client_errors

# Whatever is asked of Valkey can be done without it, if less well: nobody waits for it longer than that takes.
_TIMEOUT_SECONDS = 0.2

Result = TypeVar("Result")


def ask(function: Callable[[redis.Redis], Result]) -> Result | None:
    """What a function of the client returns; None where there is no address. Raises CacheUnavailableError."""
    return breaker.call(_ask, function)


@cache
def script(client: redis.Redis, file: Path) -> Script | AsyncScript:
    """A file of Lua that Valkey runs in one step."""
    return client.register_script(file.read_text())


def is_used() -> bool:
    """Whether the settings name one."""
    return _client() is not None


def state() -> str:
    """up, down, or off where the settings name no Valkey."""
    if not is_used():
        return "off"
    try:
        _ask(_ping)
    except CacheUnavailableError:
        return "down"
    return "up"


@cache
def _client() -> redis.Redis | None:
    """One for all threads: making one takes half as long as an answer. None where there is no address.

    Not Django's cache: that makes one a call, and its values are pickles, with which whoever writes to Valkey runs code
    in here.
    """
    return client(load(ApiSettings), timeout=_TIMEOUT_SECONDS)


def _ask(function: Callable[[redis.Redis], Result]) -> Result | None:
    if (connected := _client()) is None:
        return None
    with client_errors(load(ApiSettings)):
        return function(connected)


def _ping(connected: redis.Redis) -> object:
    return connected.ping()


breaker = Breaker(lambda: _ask(_ping), pause=1)
