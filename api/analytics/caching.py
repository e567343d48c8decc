"""Answers that are the same for everybody, kept in Valkey under the publish that they show.

A new publish has new keys: nothing is purged, and old answers end by their time. When Valkey is away, answers are made
anew.
"""

import hashlib
import logging
from contextlib import suppress

from django.core.cache import cache
from redis.exceptions import RedisError

from api.breaker import Breaker
from vitrine.errors import CacheUnavailableError
from vitrine.settings import ApiSettings, load

KEPT_SECONDS = 24 * 3600
logger = logging.getLogger(__name__)


class AsBytes:
    """What is kept are bytes. Django's own way is pickle, with which whoever writes to Valkey runs code in here."""

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, value: bytes) -> bytes:
        return value


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
    if load(ApiSettings).valkey_url is None:
        return "off"
    try:
        _get("health")
    except CacheUnavailableError:
        return "down"
    return "up"


def _key(publish_id: str, question: str) -> str:
    return hashlib.sha256(f"{publish_id}\n{question}".encode()).hexdigest()


def _get(key: str) -> bytes | None:
    try:
        found: bytes | None = cache.get(key)
    except RedisError as error:
        raise CacheUnavailableError(f"Valkey: {error}") from error
    return found


def _set(key: str, answer: bytes) -> None:
    try:
        cache.set(key, answer, KEPT_SECONDS)
    except RedisError as error:
        raise CacheUnavailableError(f"Valkey: {error}") from error


valkey = Breaker(lambda: _get("health"), pause=1)
