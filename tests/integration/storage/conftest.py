"""One keyspace and one store for tests that keep to a user of their own."""

import uuid
from collections.abc import Iterator

import pytest
from cassandra.cluster import Session

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import await_answers, connected, keyspace_of, opened
from vitrine.settings import CassandraSettings
from vitrine.storage import ViewStore


@pytest.fixture(scope="module")
def settings(stack: LocalStack) -> Iterator[CassandraSettings]:
    with keyspace_of(stack) as made:
        yield made


@pytest.fixture(scope="module")
def store(settings: CassandraSettings) -> Iterator[ViewStore]:
    with opened(settings) as made:
        await_answers(made)
        yield made


@pytest.fixture(scope="module")
def session(settings: CassandraSettings) -> Iterator[Session]:
    with connected(settings) as made:
        yield made


@pytest.fixture
def userid() -> str:
    return f"user-{uuid.uuid4()}"
