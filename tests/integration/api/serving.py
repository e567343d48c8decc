"""The real API process, on a free port."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from local_stack.stack import free_ports

# For a busy machine; as a rule it takes two or three.
START_SECONDS = 180
# Nothing listens there: a process with these settings finds neither Cassandra nor Kafka.
NO_SERVERS = {
    "DJANGO_SETTINGS_MODULE": "api.settings.development",
    "VITRINE_CASSANDRA_PORT": "1",
    "VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
}


@dataclass(frozen=True)
class Api:
    """`url` ends with the version and a slash; `log` holds what the process has written."""

    url: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Api]:
    """`python -m api` with these variables alone, alive; stopped at the end, by force where needed."""
    port = next(free_ports())
    log = folder / f"api-{port}.log"
    process = start(folder, log, {**environment, "VITRINE_API_PORT": str(port)})
    try:
        api = Api(f"http://127.0.0.1:{port}/api/v1/", port, process, log)
        await_live(api)
        yield api
    finally:
        stop(process)


def start(folder: Path, log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "DJANGO_"))}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "api"],
            cwd=folder,
            # A second worker takes as long to start as the first. Products that a test puts into Postgres are its own.
            env={**inherited, "VITRINE_API_WORKERS": "1", "VITRINE_CATALOGUE_FOLLOWS_POSTGRES": "False", **environment},
            stdout=output,
            stderr=output,
        )


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        # For a busy machine; as a rule it takes one or two.
        process.wait(START_SECONDS)
    finally:
        process.kill()


def await_live(api: Api) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if api.process.poll() is not None:
            break
        try:
            if httpx.get(f"{api.url}health/live/").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the API does not run:\n{api.log.read_text()}")


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
