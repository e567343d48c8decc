"""While a server does not answer, only a request or two wait for their time limit, not every request."""

import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vitrine.errors import UnavailableError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

# A shopper whose data cannot be read may come back many times a second.
COMPLAINT_SECONDS = 60.0


class Breaker:
    """Calls a server, and refuses calls at once while it is away.

    A failed call proves little: the server may be slow with this one shopper's data, or may have come back since. It
    counts for nothing when another call has succeeded since it began. Else the next call first runs `probe`, a quick
    question that raises UnavailableError when the server is away. If it is answered, calls go on. If not, every call
    is refused with UnavailableError, and one call every `pause` seconds probes again, until there is an answer.

    Without it, requests queue up behind time limits: sixteen clients on two threads wait for eight of them. The log
    says once that the server is away and once that it is back. Safe to share between threads. `clock` gives seconds.
    """

    def __init__(
        self, probe: Callable[[], object], *, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._probe = probe
        self._pause = pause
        self._clock = clock
        self._probing = threading.Lock()
        self._error: UnavailableError | None = None
        self._is_away = False
        # A new object for each call that succeeds: shows, without a clock, whether one has succeeded since.
        self._last_success = object()
        self._probed_at = self._complained_at = float("-inf")

    def call(self, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """What the function returns. Raises UnavailableError: the function's own, or because the server is away."""
        if self._error is not None:
            self._ask_the_server()
        last_success = self._last_success
        try:
            result = function(*args, **kwargs)
        except UnavailableError as error:
            if self._last_success is last_success:
                self._error = error
            else:
                self._complain(error)
            raise
        self._last_success = object()
        return result

    def _ask_the_server(self) -> None:
        """Returns when the server answers. Raises UnavailableError."""
        # After a first failure, calls wait for the verdict. Once the server is known to be away, they do not.
        if not self._probing.acquire(blocking=not self._is_away):
            self._refuse()
            return
        try:
            if self._is_within(self._pause, self._probed_at):
                self._refuse()
            if self._error is not None:
                self._run_probe(self._error)
        finally:
            self._probing.release()

    def _refuse(self) -> None:
        """Raises a copy of the last error, since each thread adds its own traceback; returns if it is back."""
        if (error := self._error) is not None:
            raise type(error)(*error.args)

    def _run_probe(self, failure: UnavailableError) -> None:
        try:
            self._probe()
        except UnavailableError as error:
            if not self._is_away:
                logger.warning("away: %s", error)
            self._error, self._is_away, self._probed_at = error, True, self._clock()
            raise
        if self._is_away:
            logger.info("back after: %s", failure)
        else:
            self._complain(failure)
        self._error, self._is_away = None, False

    def _complain(self, failure: UnavailableError) -> None:
        if not self._is_within(COMPLAINT_SECONDS, self._complained_at):
            self._complained_at = self._clock()
            logger.warning("a call failed, though the server answers: %s", failure)

    def _is_within(self, seconds: float, since: float) -> bool:
        """False after the clock was set back, which must not keep calls refused."""
        return 0 <= self._clock() - since < seconds
