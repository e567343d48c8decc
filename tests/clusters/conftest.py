"""Three brokers and three nodes, of which one of each may be away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.stack import LocalStack, temporary_settings
from tests.integration.storage.keyspaces import make_schema
from tests.integration.view_consumer.flow import Flow, new_flow
from vitrine.streaming import ensure_topics


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Healthy, empty; its servers are kafka-1 to kafka-3 and cassandra-1 to cassandra-3."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("cluster"), members=3))
    try:
        running.up(processes=False)
        yield running
    finally:
        running.clean()


@pytest.fixture
def flow(cluster: LocalStack, tmp_path: Path) -> Flow:
    """Empty topics and tables, three copies of each; they go with the cluster."""
    made = new_flow(cluster, tmp_path)
    ensure_topics(made.kafka)
    make_schema(made.cassandra)
    return made
