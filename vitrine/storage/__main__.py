"""Brings the Cassandra schema up to date: `python -m vitrine.storage`."""

import logging
import sys

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say
from vitrine.settings import CassandraSettings, load
from vitrine.storage.connection import connect
from vitrine.storage.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    try:
        configure_logging()
        settings = load(CassandraSettings)
        session = connect(settings)
        try:
            applied = migrate(session, settings)
        finally:
            session.cluster.shutdown()
    except VitrineError as error:
        say("vitrine.storage", f"vitrine.storage: {error}", level=logging.ERROR)
        return 1
    sentence = "applied " + ", ".join(applied) if applied else "the schema is up to date"
    say("vitrine.storage", sentence, file=sys.stdout, applied=applied)
    return 0


if __name__ == "__main__":
    sys.exit(main())
