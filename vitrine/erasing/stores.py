"""Every place where something of a person is kept. Erasure, receipt and export are made from this list.

A test reads from the real servers which tables and topics there are, and fails for one that is named neither here nor
in WITHOUT_PEOPLE; another one fails for a store that nothing erases.
"""

from enum import StrEnum
from typing import NamedTuple


class When(StrEnum):
    """When it is gone."""

    # Before the API answers, or, where a server was away, with the rest.
    AT_ONCE = "at once"
    # By the DAG `erasures`.
    LATER = "within the hour"
    # Kafka removes whole files of a topic as they grow old; nothing can take one record out before.
    BY_RETENTION = "by retention"


class Store(NamedTuple):
    """One place. `holds` are the tables, topics and files that it stands for, by the names that the test finds."""

    name: str
    what: str
    where: str
    when: When
    holds: tuple[str, ...]
    # The part of the export; empty where the data is another part's, or names no person.
    exported: str = ""


STORES = (
    Store(
        "views",
        "Product views",
        "Cassandra, product_views",
        When.AT_ONCE,
        ("cassandra:product_views",),
        exported="views",
    ),
    Store(
        "deletions",
        "Products deleted from the history",
        "Cassandra, product_views",
        When.AT_ONCE,
        ("cassandra:product_views",),
        exported="deletions",
    ),
    Store(
        "events",
        "Carts, orders, searches and the like, as the shop told them",
        "Cassandra, shop_events",
        When.AT_ONCE,
        ("cassandra:shop_events",),
        exported="events",
    ),
    Store(
        "carts",
        "Products in the cart",
        "Cassandra, carts",
        When.AT_ONCE,
        ("cassandra:carts",),
        exported="carts",
    ),
    Store(
        "orders",
        "Copies of order lines; the shop's own tables are the shop's",
        "Cassandra, order_views",
        When.AT_ONCE,
        ("cassandra:order_views",),
        exported="orders",
    ),
    Store(
        "identities",
        "Which visitors were which customers",
        "Cassandra, identifications and visitors",
        When.AT_ONCE,
        ("cassandra:identifications", "cassandra:visitors"),
        exported="identities",
    ),
    Store(
        "exposures",
        "In which experiments somebody took part, and in which arm",
        "Cassandra, exposures",
        When.AT_ONCE,
        ("cassandra:exposures",),
        exported="exposures",
    ),
    Store(
        "dead-letters",
        "Messages that could not be stored: dropped, so that nobody replays them",
        "Kafka, dead letters",
        When.LATER,
        ("kafka:dead_letter_topic",),
    ),
    Store("model", "What the model has learned", "Model file", When.LATER, ("file:model",)),
    Store(
        "lake",
        "Views, orders, carts and the like, what was shown, who was whom, and rows that were set aside",
        "Lake",
        When.LATER,
        (
            "lake:events.product_views",
            "lake:events.recommendations_shown",
            "lake:events.shop_events",
            "lake:events.identities",
            "lake:shop.orders",
            "lake:shop.order_items",
        ),
    ),
    Store("warehouse", "Rows of the warehouse", "DuckDB file", When.LATER, ("file:warehouse",)),
    Store(
        "marts",
        "Profiles and other rows of the marts",
        "Postgres, schema marts",
        When.LATER,
        ("postgres:marts",),
        exported="marts",
    ),
    Store("samples", "Keys of rows that broke a check", "Postgres, schema quality", When.LATER, ("postgres:quality",)),
    Store(
        "cached-answers",
        "Answers kept for a while; they are of aggregates and name nobody",
        "Valkey",
        When.LATER,
        ("valkey",),
    ),
    Store(
        "topic-views",
        "Messages of views; nobody stores or learns them any more",
        "Kafka, product-views",
        When.BY_RETENTION,
        ("kafka:views_topic",),
    ),
    Store(
        "topic-shop-events",
        "Messages of carts, orders, searches and the like; nobody stores or learns them any more",
        "Kafka, shop-events",
        When.BY_RETENTION,
        ("kafka:shop_events_topic",),
    ),
    Store(
        "topic-purchases",
        "Messages of purchases; nobody learns them any more",
        "Kafka, purchases",
        When.BY_RETENTION,
        ("kafka:purchases_topic",),
    ),
    Store(
        "topic-shown",
        "Messages of what was shown; they do not land in the lake any more",
        "Kafka, recommendations-shown",
        When.BY_RETENTION,
        ("kafka:shown_topic",),
        exported="recommendations-shown",
    ),
    Store(
        "topic-dead-letters",
        "Bytes of the dead letters that were dropped",
        "Kafka, dead letters",
        When.BY_RETENTION,
        ("kafka:dead_letter_topic",),
    ),
)

# What holds nobody, or nothing but the digest of who was erased.
WITHOUT_PEOPLE = frozenset(
    {
        "cassandra:best_sellers",
        "cassandra:catalogue_changes",
        "cassandra:catalogue_products",
        "cassandra:editions",
        "cassandra:erasures",
        "cassandra:products",
        "cassandra:schema_migrations",
        "cassandra:watermarks",
        "cassandra:write_times",
        "kafka:erasures_topic",
        "lake:market.business_categories",
        "lake:market.businesses",
        "lake:market.categories",
        "lake:market.counties",
        "lake:market.populations",
        "lake:market.ratings",
        "lake:market.states",
        "lake:shop.products",
        # Of data sets whose households and customers are not the shop's people: `python -m vitrine.analytics erase`.
        "lake:completejourney.transactions",
        "lake:completejourney.products",
        "lake:completejourney.households",
        "lake:online_retail.transactions",
        "lake:online_retail.products",
    }
)


def stores(when: When) -> list[Store]:
    return [store for store in STORES if store.when is when]
