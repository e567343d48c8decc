"""Waiting for a server that does not answer is one request's lot, not every request's."""

import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vitrine.errors import UnavailableError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Breaker:
    """Calls a server, and spares it: after UnavailableError one call every `pause` seconds tries it, and the
    others are refused at once with the same error, until a call succeeds.

    Without it, requests queue up behind time-outs: sixteen clients on two threads wait eight time-outs long.
    Says in the log, once, that the server is away and that it is back. Safe to share between threads. `clock`
    gives seconds that only grow.
    """

    def __init__(self, *, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._error: UnavailableError | None = None
        self._next_try = 0.0

    def call(self, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """What the function gives back. Raises UnavailableError, the function's own or an earlier call's."""
        if self._error is not None:
            self._refuse_unless_due()
        try:
            result = function(*args, **kwargs)
        except UnavailableError as error:
            self._open(error)
            raise
        if self._error is not None:
            self._close()
        return result

    def _refuse_unless_due(self) -> None:
        with self._lock:
            error = self._error
            if error is None:
                return
            if self._clock() < self._next_try:
                raise type(error)(*error.args)
            # This call is the one that tries; a try that never ends does not stop the next one.
            self._next_try = self._clock() + self._pause

    def _open(self, error: UnavailableError) -> None:
        with self._lock:
            if self._error is None:
                logger.warning("away: %s", error)
            self._error = error
            self._next_try = self._clock() + self._pause

    def _close(self) -> None:
        with self._lock:
            if self._error is not None:
                logger.info("back after: %s", self._error)
            self._error = None
