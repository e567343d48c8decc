"""Creates the shop's database and brings its schema up to date: `python -m vitrine.shop_database`."""

import sys

from vitrine.preparing import prepare
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    return prepare(
        "vitrine.shop_database",
        lambda: migrate(load(ShopDatabaseSettings)),
        verb="applied",
        otherwise="the schema is up to date",
    )


if __name__ == "__main__":
    sys.exit(main())
