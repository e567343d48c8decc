from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.view_consumer.flow import Flow, flow_of


@pytest.fixture
def flow(stack: LocalStack, tmp_path: Path) -> Iterator[Flow]:
    """Empty topics and tables, no group yet."""
    with flow_of(stack, tmp_path) as made:
        yield made
