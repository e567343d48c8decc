"""Brings the Cassandra schema up to date: `python -m vitrine.storage`."""

import sys

from vitrine.preparing import prepare
from vitrine.settings import CassandraSettings, load
from vitrine.storage.driver.connection import connect
from vitrine.storage.driver.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    return prepare("vitrine.storage", _migrate, verb="applied", otherwise="the schema is up to date")


def _migrate() -> list[str]:
    settings = load(CassandraSettings)
    session = connect(settings)
    try:
        return migrate(session, settings)
    finally:
        session.cluster.shutdown()


if __name__ == "__main__":
    sys.exit(main())
