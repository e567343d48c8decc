"""Topics, tables and a model of a test's own, and real learner processes between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.view_consumer.flow import flow_of
from tests.integration.view_learner.learning import Learning


@pytest.fixture
def learning(stack: LocalStack, tmp_path: Path) -> Iterator[Learning]:
    """Empty topics and tables, no model yet."""
    with flow_of(stack, tmp_path) as flow:
        yield Learning(flow, tmp_path / "model")
