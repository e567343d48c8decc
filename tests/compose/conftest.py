"""The whole system in containers, built and started once, removed at the end."""

import os
import time
from collections.abc import Iterator

import pytest

from tests.compose.engine import running_engine
from tests.compose.project import ComposeProject


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    with running_engine():
        yield


@pytest.fixture(scope="session")
def project(engine: None, times: dict[str, float]) -> Iterator[ComposeProject]:  # noqa: ARG001 - it has to run
    """`docker compose up -d --build` with the demo profile: all containers are healthy."""
    made = ComposeProject(f"vitrine-test-{os.getpid()}")
    try:
        started = time.monotonic()
        made.run("build")
        times["build"] = time.monotonic() - started
        made.up()
        times["start, until all are healthy"] = time.monotonic() - started - times["build"]
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def times() -> Iterator[dict[str, float]]:
    """Seconds by what took them; printed at the end."""
    taken: dict[str, float] = {}
    yield taken
    _TIMES.update(taken)


_TIMES: dict[str, float] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, seconds in _TIMES.items():
        terminalreporter.write_line(f"{what}: {seconds:.0f} s")
