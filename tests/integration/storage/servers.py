"""Servers of the shared stack that go away for a while; at the end they are back, whatever happened."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

import psutil

from local_stack.stack import LocalStack

Answer = TypeVar("Answer")


@contextmanager
def stopped(stack: LocalStack, server: str) -> Iterator[None]:
    """The server has ended: its port refuses connections."""
    stack.stop(server)
    try:
        yield
    finally:
        stack.start(server)


@contextmanager
def killed(stack: LocalStack, *servers: str) -> Iterator[None]:
    """The servers have died of SIGKILL, and are started again only at the end."""
    for server in servers:
        stack.kill(server)
        # The supervisor has started it again; it has not begun anything yet.
        stack.stop(server)
    try:
        yield
    finally:
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(stack.start, servers))


@contextmanager
def frozen(stack: LocalStack, server: str) -> Iterator[None]:
    """The server, with all that it has started, keeps its connections, takes new ones, and says nothing."""
    first = psutil.Process(stack.process_id(server))
    tree = [first, *first.children(recursive=True)]
    _signal(tree, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(tree, signal.SIGCONT)


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def wait_until(condition: Callable[[], bool], *, what: Callable[[], str] | str, seconds: float = 120) -> None:
    """Fails with `what` when the condition has not come true in time: long, as the limit is there for what hangs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what if isinstance(what, str) else what()}"
        time.sleep(0.02)


def soon(call: Callable[[], Answer], *, within: float, tries: int = 10) -> Answer:
    """The answer of a call that takes no longer than so many seconds.

    On a busy machine anything may take longer now and then, so one of some tries has to be in time.
    """
    took = []
    for _ in range(tries):
        began = time.monotonic()
        answer = call()
        took.append(time.monotonic() - began)
        if took[-1] < within:
            return answer
    raise AssertionError(f"not within {within} s: {took}")
