"""Creates the topics of views: `python -m vitrine.streaming`."""

import logging
import sys

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say
from vitrine.settings import KafkaSettings, load
from vitrine.streaming.topics import ensure_topics


def main() -> int:
    """0 when the topics exist, 1 with one line on standard error when they do not."""
    try:
        configure_logging()
        created = ensure_topics(load(KafkaSettings))
    except VitrineError as error:
        say("vitrine.streaming", f"vitrine.streaming: {error}", level=logging.ERROR)
        return 1
    sentence = "created " + ", ".join(created) if created else "the topics exist"
    say("vitrine.streaming", sentence, file=sys.stdout, topics=created)
    return 0


if __name__ == "__main__":
    sys.exit(main())
