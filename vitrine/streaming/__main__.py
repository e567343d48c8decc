"""Creates the topics: `python -m vitrine.streaming`."""

import sys

from vitrine.preparing import prepare
from vitrine.settings import KafkaSettings, load
from vitrine.streaming.topics import ensure_topics


def main() -> int:
    """0 when the topics exist, 1 with one line on standard error when they do not."""
    return prepare(
        "vitrine.streaming",
        lambda: ensure_topics(load(KafkaSettings)),
        verb="created",
        otherwise="the topics exist",
    )


if __name__ == "__main__":
    sys.exit(main())
