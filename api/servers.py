"""The servers behind the API. Each worker process has its own connection to each, opened after the fork."""

from functools import cache

from api.breaker import Breaker
from vitrine.recommending import ModelCache
from vitrine.settings import CassandraSettings, KafkaSettings, ModelSettings, load
from vitrine.storage import Link, ViewStore
from vitrine.storage.assortment import AssortmentCache
from vitrine.streaming import ShownPublisher, ViewPublisher

# Short enough that a client which honours Retry-After finds a server that is back.
_PAUSE_SECONDS = 0.25
# A read's own time limit and this together stay below the second within which a refusal is promised.
_PROBE_SECONDS = 0.1


@cache
def link() -> Link:
    return Link(load(CassandraSettings))


@cache
def views() -> ViewStore:
    return ViewStore(link())


@cache
def assortment() -> AssortmentCache:
    return AssortmentCache(link())


@cache
def publisher() -> ViewPublisher:
    return ViewPublisher(load(KafkaSettings))


@cache
def shown() -> ShownPublisher:
    return ShownPublisher(load(KafkaSettings))


@cache
def model() -> ModelCache:
    """No server, but a file that another process writes."""
    return ModelCache(load(ModelSettings).model_folder)


cassandra = Breaker(lambda: views().check(timeout=_PROBE_SECONDS), pause=_PAUSE_SECONDS)
kafka = Breaker(lambda: publisher().check(), pause=_PAUSE_SECONDS)
