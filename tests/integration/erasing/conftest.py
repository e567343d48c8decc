"""Topics, tables, a lake, a database and a model of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.erasing.system import System
from tests.integration.view_consumer.flow import flow_of


@pytest.fixture
def system(stack: LocalStack, tmp_path: Path) -> Iterator[System]:
    with flow_of(stack, tmp_path) as flow, System.made(flow, tmp_path) as made:
        yield made
