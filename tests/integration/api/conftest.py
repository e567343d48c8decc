"""The API on the real servers, and the API without any."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local_stack.processes import PREPARATIONS
from local_stack.stack import LocalStack
from tests.integration.api.serving import NO_SERVERS, Api, serving

SHOP = "https://www.shop.example"


@pytest.fixture(scope="session")
def prepared_stack(stack: LocalStack) -> LocalStack:
    """The stack with tables and topics."""
    for preparation in PREPARATIONS:
        preparation.run(stack.environment())
    return stack


@pytest.fixture(scope="session")
def api(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API with the settings of `make up`, connected, without a model."""
    folder = tmp_path_factory.mktemp("api")
    environment = prepared_stack.environment() | {
        "VITRINE_CORS_ALLOWED_ORIGINS": SHOP,
        "VITRINE_MODEL_FOLDER": str(folder),
    }
    with serving(folder, **environment) as running:
        await_ready(running)
        yield running


@pytest.fixture(scope="session")
def consumer(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What brings the posted views into Cassandra; gives its log."""
    log = tmp_path_factory.mktemp("consumer") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.view_consumer"],
            env={**os.environ, **prepared_stack.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(120)


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


def await_ready(api: Api, *, seconds: float = 120) -> None:
    """Each worker connects by itself, so several answers in a row are asked for."""
    deadline = time.monotonic() + seconds
    in_a_row = 0
    while in_a_row < 10:
        assert time.monotonic() < deadline, f"the API is not ready:\n{api.log.read_text()}"
        answer = httpx.get(f"{api.url}health/ready/", timeout=120)
        is_ready = answer.is_success and answer.json()["status"] == "ready"
        in_a_row = in_a_row + 1 if is_ready else 0
        time.sleep(0.02 if is_ready else 0.2)
