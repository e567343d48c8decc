from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import drop, make_schema
from tests.integration.view_consumer.flow import Flow, new_admin, new_flow
from vitrine.streaming import ensure_topics


@pytest.fixture
def flow(stack: LocalStack, tmp_path: Path) -> Iterator[Flow]:
    """Empty topics and tables, no group yet."""
    made = new_flow(stack, tmp_path)
    ensure_topics(made.kafka)
    make_schema(made.cassandra)
    yield made
    drop(made.cassandra)
    kafka = made.kafka
    admin = new_admin(made.kafka)  # another, as the test may have restarted the broker; named, or it is gone at once
    wait(admin.delete_topics(list(kafka.topics)).values(), timeout=120)
