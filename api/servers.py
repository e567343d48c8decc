"""The servers behind the API. Each worker process has its own connection to each, opened after the fork."""

from functools import cache

from api.access.keyring import Keyring
from api.breaker import Breaker
from api.experiments.book import ExperimentBook
from api.rules.rulebook import Rulebook
from vitrine.erasing.online import Cassandra
from vitrine.metrics import api as metrics
from vitrine.pipelines.following import ProductFollower
from vitrine.recommending import ModelCache
from vitrine.settings import (
    CassandraSettings,
    CatalogueSettings,
    KafkaSettings,
    ModelSettings,
    ShopDatabaseSettings,
    load,
)
from vitrine.storage import Link, ViewStore
from vitrine.storage.assortment import AssortmentCache
from vitrine.storage.product_editing import ProductEditor
from vitrine.storage.tables.carts import CartStore
from vitrine.storage.tables.shop_events import ShopEventStore
from vitrine.streaming import ErasurePublisher, ShownPublisher, ViewPublisher

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
def shop_events() -> ShopEventStore:
    return ShopEventStore(link())


@cache
def carts() -> CartStore:
    return CartStore(link())


@cache
def assortment() -> AssortmentCache:
    return AssortmentCache(link(), load(CatalogueSettings).catalogue_winner)


@cache
def products() -> ProductEditor:
    return ProductEditor(link(), load(CatalogueSettings).catalogue_winner)


@cache
def publisher() -> ViewPublisher:
    return ViewPublisher(load(KafkaSettings))


@cache
def erasures() -> ErasurePublisher:
    return ErasurePublisher(load(KafkaSettings))


@cache
def people() -> Cassandra:
    return Cassandra.on(link())


@cache
def shown() -> ShownPublisher:
    return ShownPublisher(load(KafkaSettings), on_loss=metrics.SHOWN_LOST.inc)


@cache
def model() -> ModelCache:
    """No server, but a file that another process writes."""
    return ModelCache(load(ModelSettings).model_folder)


@cache
def keyring() -> Keyring:
    return Keyring(load(ShopDatabaseSettings))


@cache
def rulebook() -> Rulebook:
    return Rulebook(load(ShopDatabaseSettings))


@cache
def experiments() -> ExperimentBook:
    return ExperimentBook(load(ShopDatabaseSettings))


@cache
def product_follower() -> ProductFollower:
    return ProductFollower(load(ShopDatabaseSettings), link())


cassandra = Breaker(lambda: views().check(timeout=_PROBE_SECONDS), pause=_PAUSE_SECONDS)
kafka = Breaker(lambda: publisher().check(), pause=_PAUSE_SECONDS)
