from collections.abc import Iterator

import pytest

from local_stack.stack import LocalStack
from tests.integration.test_data_generator.shop_database import ShopDatabase


@pytest.fixture
def shop(stack: LocalStack) -> Iterator[ShopDatabase]:
    database = ShopDatabase(stack.environment())
    yield database
    database.drop()
