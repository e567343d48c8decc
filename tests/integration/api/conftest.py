"""Clients of the API on the real servers, and of the API without any."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import SHOP
from tests.integration.api.serving import NO_SERVERS, Api, serving


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, timeout=120) as connected:
        yield connected


@pytest.fixture(scope="session")
def api_without_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    environment = NO_SERVERS | {"VITRINE_CORS_ALLOWED_ORIGINS": SHOP}
    with serving(tmp_path_factory.mktemp("api"), **environment) as running:
        yield running


@pytest.fixture
def lonely_client(api_without_servers: Api) -> Iterator[httpx.Client]:
    """A client of the API that has no servers behind it: what needs none is answered all the same."""
    with httpx.Client(base_url=api_without_servers.url, timeout=120) as connected:
        yield connected
