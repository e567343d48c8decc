"""Creates the shop's database and brings its schema up to date: `python -m vitrine.shop_database`."""

import sys

from vitrine.errors import VitrineError
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database.migrations import migrate


def main() -> int:
    """0 when the schema is up to date, 1 with one line on standard error when it is not."""
    try:
        applied = migrate(load(ShopDatabaseSettings))
    except VitrineError as error:
        print(f"vitrine.shop_database: {error}", file=sys.stderr)
        return 1
    print("applied " + ", ".join(applied) if applied else "the schema is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
