"""Topics, tables, a lake, a database and a model of a test's own."""

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.erasing.system import System
from tests.integration.storage.keyspaces import drop, make_schema
from tests.integration.view_consumer.flow import new_admin, new_flow
from vitrine.streaming import ensure_topics


@pytest.fixture
def system(stack: LocalStack, tmp_path: Path) -> Iterator[System]:
    flow = new_flow(stack, tmp_path)
    ensure_topics(flow.kafka)
    make_schema(flow.cassandra)
    with System.made(flow, tmp_path) as made:
        yield made
    drop(flow.cassandra)
    kafka = flow.kafka
    wait(new_admin(kafka).delete_topics(list(kafka.topics)).values(), timeout=120)
