"""Whether a process is connected to its servers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local_stack.programs import is_connected


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two ports on which somebody listens; this process is connected to the first."""
    with ExitStack() as sockets:
        first, second = (sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        sockets.enter_context(socket.create_connection(first.getsockname()))
        yield first.getsockname()[1], second.getsockname()[1]


def test_a_process_is_connected_when_it_is_to_every_server(ports: tuple[int, int]) -> None:
    connected, other = ports
    assert is_connected(os.getpid(), connected)
    assert not is_connected(os.getpid(), other)
    assert not is_connected(os.getpid(), connected, other)


def test_another_process_with_a_connection_does_not_count(ports: tuple[int, int]) -> None:
    assert not is_connected(os.getppid(), ports[0])


def test_a_process_that_has_ended_is_not_connected(ports: tuple[int, int]) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    assert not is_connected(ended.pid, ports[0])
