"""Computes what is known of the experiments: `python -m vitrine.experiments`.

Exit status: 0 done, 1 it could not be done.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from vitrine.analytics.experiments import compute
from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say


def main() -> int:
    try:
        configure_logging()
        print(json.dumps(compute(datetime.now(UTC))))
    except VitrineError as error:
        say("vitrine.experiments", f"vitrine.experiments: {error}", level=logging.ERROR)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
