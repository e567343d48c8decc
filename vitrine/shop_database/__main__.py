"""Creates the shop's database and brings its schema up to date: `python -m vitrine.shop_database`."""

import logging
import sys

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    try:
        configure_logging()
        applied = migrate(load(ShopDatabaseSettings))
    except VitrineError as error:
        say("vitrine.shop_database", f"vitrine.shop_database: {error}", level=logging.ERROR)
        return 1
    sentence = "applied " + ", ".join(applied) if applied else "the schema is up to date"
    say("vitrine.shop_database", sentence, file=sys.stdout, applied=applied)
    return 0


if __name__ == "__main__":
    sys.exit(main())
