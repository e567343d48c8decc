import pytest

from local_stack.stack import LocalStack
from tests.integration.view_producer.topic import Topic


@pytest.fixture
def topic(stack: LocalStack) -> Topic:
    return Topic(stack.environment())
