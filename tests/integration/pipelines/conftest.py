"""An empty shop for each test."""

import uuid
from collections.abc import Iterator

import pytest

from local_stack.stack import LocalStack
from tests.integration.pipelines.shop import Shop
from tests.integration.storage.keyspaces import drop
from vitrine.settings import CassandraSettings, load


@pytest.fixture(scope="module")
def environment(stack: LocalStack) -> Iterator[dict[str, str]]:
    """A keyspace for the tests of a module, and names of a database that is not there yet."""
    name = f"test_{uuid.uuid4().hex}"
    yield {**stack.environment(), "VITRINE_SHOP_DATABASE": name, "VITRINE_CASSANDRA_KEYSPACE": name}
    port = stack.settings.stack_cassandra_port
    drop(CassandraSettings(cassandra_port=port, cassandra_keyspace=name))


@pytest.fixture
def shop(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A new database and empty tables in Cassandra; the pipelines find both by the environment."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    load.cache_clear()
    with Shop.opened() as made:
        made.empty_cassandra()
        yield made
    made.drop_database()
    load.cache_clear()
