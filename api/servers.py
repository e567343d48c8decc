"""The servers behind the API. Each worker process has its own connection to each, opened after the fork."""

from functools import cache

from api.breaker import Breaker
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.storage import HeldAssortment, Link, ViewStore
from vitrine.streaming import ViewPublisher

# Short enough that a client which honours Retry-After finds a server that is back.
_PAUSE_SECONDS = 0.25

cassandra = Breaker(pause=_PAUSE_SECONDS)
kafka = Breaker(pause=_PAUSE_SECONDS)


@cache
def link() -> Link:
    return Link(load(CassandraSettings))


@cache
def views() -> ViewStore:
    return ViewStore(link())


@cache
def assortment() -> HeldAssortment:
    return HeldAssortment(link())


@cache
def publisher() -> ViewPublisher:
    return ViewPublisher(load(KafkaSettings))
