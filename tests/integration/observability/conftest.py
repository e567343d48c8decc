"""The API and the stack, as the tests of the API have them."""

from tests.integration.api.conftest import api, consumer, prepared_stack

__all__ = ["api", "consumer", "prepared_stack"]
