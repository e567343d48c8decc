"""Answers that are the same for everybody, kept in Valkey under the publish that they show.

A new publish has new keys: nothing is purged, and old answers end by their time. When Valkey is away, answers are made
anew.
"""

import hashlib
from contextlib import suppress
from functools import cache
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from api.breaker import Breaker
from vitrine.errors import CacheUnavailableError
from vitrine.settings import CACHE_PREFIX, ApiSettings, load

KEPT_SECONDS = 24 * 3600
# Without Valkey an answer is made anew: nobody waits for it longer than that takes.
_TIMEOUT_SECONDS = 0.2


def kept(publish_id: str, question: str) -> bytes | None:
    """The answer to a question about a publish, if there is one."""
    with suppress(CacheUnavailableError):
        return valkey.call(_get, _key(publish_id, question))
    return None


def keep(publish_id: str, question: str, answer: bytes) -> None:
    with suppress(CacheUnavailableError):
        valkey.call(_set, _key(publish_id, question), answer)


def state() -> str:
    """up, down, or off where the settings name no Valkey."""
    if _client() is None:
        return "off"
    try:
        _get("health")
    except CacheUnavailableError:
        return "down"
    return "up"


@cache
def _client() -> redis.Redis | None:
    """One for all threads: making one takes half as long as an answer. None where there is no address.

    Not Django's cache: that makes one a call, and its values are pickles, with which whoever writes to Valkey runs code
    in here.
    """
    address = load(ApiSettings).valkey_url
    if address is None:
        return None
    seconds = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
    # The breaker asks again.
    return redis.Redis.from_url(address, retry=Retry(NoBackoff(), 0), **seconds)


def _key(publish_id: str, question: str) -> str:
    digest = hashlib.sha256(f"{publish_id}\n{question}".encode()).hexdigest()
    return f"{CACHE_PREFIX}:{digest}"


def _get(key: str) -> bytes | None:
    if (client := _client()) is None:
        return None
    try:
        # The client decodes nothing unless it is asked to.
        return cast(bytes | None, client.get(key))
    except redis.RedisError as error:
        raise CacheUnavailableError(f"Valkey: {error}") from error


def _set(key: str, answer: bytes) -> None:
    if (client := _client()) is None:
        return
    try:
        client.set(key, answer, KEPT_SECONDS)
    except redis.RedisError as error:
        raise CacheUnavailableError(f"Valkey: {error}") from error


valkey = Breaker(lambda: _get("health"), pause=1)
