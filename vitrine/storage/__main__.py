"""Brings the Cassandra schema up to date: `python -m vitrine.storage`."""

import sys

from vitrine.errors import VitrineError
from vitrine.settings import CassandraSettings, load
from vitrine.storage.connection import connect
from vitrine.storage.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    try:
        settings = load(CassandraSettings)
        session = connect(settings)
        try:
            applied = migrate(session, settings)
        finally:
            session.cluster.shutdown()
    except VitrineError as error:
        print(f"vitrine.storage: {error}", file=sys.stderr)
        return 1
    print("applied " + ", ".join(applied) if applied else "the schema is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
