"""Servers of the shared stack that go away for a while; at the end they are back, whatever happened."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from local_stack.stack import LocalStack
from tests.waiting import wait_until


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
        # On a busy machine a thread may go on for a moment, and answer.
        wait_until(lambda: all(map(_is_still, tree)), what=f"{server} goes on")
        yield
    finally:
        _signal(tree, signal.SIGCONT)


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _is_still(process: psutil.Process) -> bool:
    """Whether each thread is stopped (proc(5): the state is what follows the name)."""
    with suppress(FileNotFoundError, ProcessLookupError):
        threads = Path(f"/proc/{process.pid}/task").glob("*/stat")
        states = [file.read_text().rpartition(")")[2].split()[0] for file in threads]
        return all(state in {"T", "t", "Z"} for state in states)
    return False
