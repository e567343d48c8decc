"""Creates the topics of views: `python -m vitrine.streaming`."""

import sys

from vitrine.errors import VitrineError
from vitrine.settings import KafkaSettings, load
from vitrine.streaming.topics import ensure_topics


def main() -> int:
    """0 when the topics exist, 1 with one line on standard error when they do not."""
    try:
        created = ensure_topics(load(KafkaSettings))
    except VitrineError as error:
        print(f"vitrine.streaming: {error}", file=sys.stderr)
        return 1
    print("created " + ", ".join(created) if created else "the topics exist")
    return 0


if __name__ == "__main__":
    sys.exit(main())
