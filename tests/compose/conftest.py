"""The whole system in containers, built and started once, removed at the end."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.compose.engine import running_engine
from tests.compose.project import DEMO, ComposeProject


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    with running_engine():
        yield


@pytest.fixture(scope="session")
def bare(engine: None, times: dict[str, float]) -> Iterator[ComposeProject]:  # noqa: ARG001 - it has to run
    """`docker compose up -d --build` in a fresh clone: all containers are healthy."""
    made = ComposeProject(f"vitrine-test-{os.getpid()}")
    try:
        with timed(times, "build"):
            # With the profiles, or the demo would build what is left.
            made.run("--profile=*", "build")
        with timed(times, "start without .env, until all are healthy"):
            made.up()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def project(bare: ComposeProject, times: dict[str, float]) -> ComposeProject:
    """The same, down and up again with docker/demo.env: a sample shop, sample views, another password for Airflow."""
    with timed(times, "down"):
        bare.run("down")
    made = replace(bare, environment_file=DEMO)
    with timed(times, "up again, with docker/demo.env"):
        made.up()
    return made


@contextmanager
def timed(times: dict[str, float], what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    times[what] = time.monotonic() - started


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
