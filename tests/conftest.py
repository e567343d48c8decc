"""What all tests share: the real servers, started once per run on free ports in a temporary folder."""

from collections.abc import Iterator

import pytest

from local_stack.stack import LocalStack, temporary_settings


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Kafka, Cassandra and Postgres, healthy, empty; `stack.environment()` is how our processes find them."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("stack")))
    running.up(processes=False)
    try:
        yield running
    finally:
        running.clean()
