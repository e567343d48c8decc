"""`python -m services.watcher`: watches the system until SIGTERM or Ctrl-C, and shows what it sees to Prometheus.

Settings are environment variables (.env.example). Exit status: 0 told to stop, 1 wrong settings.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from threading import Event, Thread

from services.watcher.canary import Canary
from services.watcher.sources import sources
from vitrine.errors import SettingsError
from vitrine.logs import configure_logging
from vitrine.metrics import watcher as metrics
from vitrine.settings import CassandraSettings, WatcherSettings, load

# What waits for a server that does not answer is not waited for.
STOP_SECONDS = 5.0

logger = logging.getLogger("watcher")


def main() -> int:
    """Runs until it is told to stop."""
    argparse.ArgumentParser(prog="python -m services.watcher", description=__doc__).parse_args()
    stop = Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    try:
        configure_logging()
        settings = load(WatcherSettings)
        watching = _watching(settings)
        metrics.exposition.serve(
            settings.metrics_host, settings.watcher_metrics_port, setting="VITRINE_WATCHER_METRICS_PORT"
        )
    except SettingsError as error:
        logger.error("%s", error)
        return 1
    threads = [Thread(target=watch, args=(stop,), daemon=True) for watch in watching]
    for thread in threads:
        thread.start()
    logger.info("watching%s", ", with a canary" if settings.canary else "")
    stop.wait()
    for thread in threads:
        thread.join(STOP_SECONDS / len(threads))
    logger.info("stopped")
    return 0


def _watching(settings: WatcherSettings) -> list[Callable[[Event], None]]:
    watching: list[Callable[[Event], None]] = [source.watch for source in sources()]
    if settings.canary:
        retention_seconds = load(CassandraSettings).view_retention_days * 86400
        watching.append(Canary(settings, retention_seconds=retention_seconds).run)
    return watching


if __name__ == "__main__":
    sys.exit(main())
