"""One format of log lines for all processes."""

import logging


def configure_logging() -> None:
    """Lines on standard error: time, level, logger, text."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # The driver tells of every lost connection, several times; Vitrine says once that Cassandra is away.
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
