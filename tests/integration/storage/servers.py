"""Servers of the shared stack that go away for a while; at the end they are back, whatever happened."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from local_stack.stack import LocalStack


@contextmanager
def stopped(stack: LocalStack, server: str) -> Iterator[None]:
    """The server has ended: its port refuses connections."""
    stack.stop(server)
    try:
        yield
    finally:
        stack.start(server)


@contextmanager
def frozen(stack: LocalStack, server: str) -> Iterator[None]:
    """The server keeps its connections, takes new ones, and says nothing."""
    ports = {"kafka": stack.settings.stack_kafka_port, "cassandra": stack.settings.stack_cassandra_port}
    process_id = _listener(ports[server])
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def wait_until(condition: Callable[[], bool], *, seconds: float, what: Callable[[], str] | str) -> None:
    """Fails with `what` when the condition has not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what if isinstance(what, str) else what()}"
        time.sleep(0.02)


def _listener(port: int) -> int:
    (process_id,) = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
    }
    assert process_id
    return process_id
