"""Waiting for what takes its time on a busy machine."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from vitrine.errors import UnavailableError

Answer = TypeVar("Answer")


def wait_until(
    condition: Callable[[], object], *, what: Callable[[], str] | str, seconds: float = 120, pause: float = 0.02
) -> None:
    """Fails with `what` when the condition has not come true in time: long, as the limit is there for what hangs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what if isinstance(what, str) else what()}"
        time.sleep(pause)


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


def patiently(call: Callable[[], Answer], *, tries: int = 10) -> Answer:
    """The answer of a call to a server that is there, though a busy machine may be too slow for a try."""
    for _ in range(tries - 1):
        with suppress(UnavailableError):
            return call()
    return call()
