"""Topics, tables and a model of a test's own, and real learner processes between them."""

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import drop, make_schema
from tests.integration.view_consumer.flow import new_admin, new_flow
from tests.integration.view_learner.learning import Learning
from vitrine.streaming import ensure_topics


@pytest.fixture
def learning(stack: LocalStack, tmp_path: Path) -> Iterator[Learning]:
    """Empty topics and tables, no model yet."""
    made = Learning(new_flow(stack, tmp_path), tmp_path / "model")
    ensure_topics(made.flow.kafka)
    make_schema(made.flow.cassandra)
    yield made
    drop(made.flow.cassandra)
    kafka = made.flow.kafka
    admin = new_admin(kafka)  # another, as the test may have restarted the broker
    wait(admin.delete_topics(list(kafka.topics)).values(), timeout=120)
