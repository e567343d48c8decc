"""The shop of the API that runs with the settings of `make up`, with a few products and orders."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from local_stack.stack import LocalStack
from tests.integration.airflow.chromium import chromium
from tests.integration.api.serving import NO_SERVERS, Api, serving
from tests.integration.api.shop import Shop
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from vitrine.settings import CassandraSettings, ShopDatabaseSettings, load
from vitrine.shop_database import connect

SHOPPER = "storefront-1"
NAMES = [
    *("Copper Kettle 412", "Olive Lamp 100", "Walnut Desk 205", "Ivory Mug 301", "Nordic Armchair 777"),
    *("Graphite Monitor 555", "Sand Rug 120", "Amber Guitar 808"),
]
# Id -> name; more of them than a page of the shop holds.
PRODUCTS = {f"shelf-{place}": NAMES[place % len(NAMES)] for place in range(30)}
# Best sellers, the first the best.
SOLD = [f"shelf-{place}" for place in range(8)]
SOLD_OUT = "shelf-29"


@dataclass(frozen=True)
class Storefront:
    """`url` ends with a slash."""

    url: str
    api: Api
    database: ShopDatabaseSettings

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with closing(connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall()


@pytest.fixture(scope="session")
def storefront(prepared_stack: LocalStack, api: Api, consumer: Path) -> Iterator[Storefront]:  # noqa: ARG001
    environment = prepared_stack.environment()
    database = ShopDatabaseSettings(
        postgres_host=environment["VITRINE_POSTGRES_HOST"],
        postgres_port=int(environment["VITRINE_POSTGRES_PORT"]),
        postgres_user=environment["VITRINE_POSTGRES_USER"],
    )
    _fill(database)
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        shop = Shop(session, views, api)
        shop.clear()
        shop.stock(dict.fromkeys(PRODUCTS, "shelf"))
        shop.sell(SOLD, {"shelf": SOLD}, period="2026-10")
        shop.await_products("nobody", SOLD, limit=len(SOLD))
        yield Storefront(f"http://127.0.0.1:{api.port}/", api, database)
        shop.clear()
    _empty(database)


@pytest.fixture(scope="package")
def shop_browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def api_without_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    environment = NO_SERVERS | {"VITRINE_STOREFRONT": "True", "VITRINE_POSTGRES_PORT": "1"}
    with serving(tmp_path_factory.mktemp("storefront"), **environment) as running:
        yield running


@pytest.fixture
def customer(storefront: Storefront) -> Iterator[httpx.Client]:
    """Somebody without JavaScript."""
    with httpx.Client(base_url=storefront.url, follow_redirects=True, timeout=120) as client:
        yield client


def _fill(database: ShopDatabaseSettings) -> None:
    _empty(database)
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        for product, name in PRODUCTS.items():
            cursor.execute(
                "INSERT INTO products (product_id, category_id, name, price, created_at, in_stock)"
                " VALUES (%s, 'shelf', %s, 19.90, now(), %s)",
                (product, name, product != SOLD_OUT),
            )
        for number in range(3):
            cursor.execute("INSERT INTO orders VALUES (%s, %s, now())", (f"shelf-order-{number}", SHOPPER))
        connection.commit()


def _empty(database: ShopDatabaseSettings) -> None:
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        for table, column in (("order_items", "product_id"), ("products", "product_id")):
            cursor.execute(f"DELETE FROM {table} WHERE {column} LIKE 'shelf-%%'")
        cursor.execute("DELETE FROM orders WHERE order_id LIKE 'shelf-%%' OR order_id LIKE 'web-%%'")
        connection.commit()
