"""Logs once that a server is away, and once that it is back."""

import logging

logger = logging.getLogger(__name__)


class Outage:
    """The state of one server as seen by one process."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.is_on = False

    def begin(self, reason: object) -> None:
        """The server did not answer. Logged once for each outage."""
        if not self.is_on:
            self.is_on = True
            text = str(reason).removeprefix(f"{self._server}: ")
            logger.warning("%s is away, waiting for it: %s", self._server, text, extra={"server": self._server})

    def end(self) -> None:
        """The server answered."""
        if self.is_on:
            self.is_on = False
            logger.warning("%s is back", self._server, extra={"server": self._server})
