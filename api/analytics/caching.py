"""Answers that are the same for everybody, kept in Valkey under the publish that they show.

A new publish has new keys: nothing is purged, and old answers end by their time. When Valkey is away, answers are made
anew.
"""

import hashlib
from contextlib import suppress
from typing import cast

from api import valkey
from vitrine.errors import CacheUnavailableError
from vitrine.metrics import api as metrics
from vitrine.settings import CACHE_PREFIX

KEPT_SECONDS = 24 * 3600


def kept(publish_id: str, question: str) -> bytes | None:
    """The answer to a question about a publish, if there is one."""
    key = _key(publish_id, question)
    try:
        # The client decodes nothing unless it is asked to.
        answer = cast(bytes | None, valkey.ask(lambda client: client.get(key)))
    except CacheUnavailableError:
        answer, outcome = None, "away"
    else:
        outcome = "miss" if answer is None else "hit"
    # Without an address it is off, and nothing is asked.
    if valkey.is_used():
        metrics.CACHE_ANSWERS.labels(outcome).inc()
    return answer


def keep(publish_id: str, question: str, answer: bytes) -> None:
    key = _key(publish_id, question)
    with suppress(CacheUnavailableError):
        valkey.ask(lambda client: client.set(key, answer, KEPT_SECONDS))


def _key(publish_id: str, question: str) -> str:
    digest = hashlib.sha256(f"{publish_id}\n{question}".encode()).hexdigest()
    return f"{CACHE_PREFIX}:{digest}"
