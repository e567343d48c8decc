"""Serves the API: `python -m api`.

VITRINE_API_HOST, VITRINE_API_PORT, VITRINE_API_WORKERS and VITRINE_API_THREADS say where and how; the
settings module is DJANGO_SETTINGS_MODULE, api.settings.production when it is not set. SIGTERM: answers the
requests that it has taken, then ends. A worker that dies is replaced; workers do not outlive this process.
"""

import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings as django_settings
from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from api.limits import HEAD_BYTES_MAXIMUM, HEAD_SECONDS
from vitrine.errors import SettingsError
from vitrine.learning import warm_up_reading
from vitrine.metrics import sharing
from vitrine.settings import ApiSettings, load

if TYPE_CHECKING:
    from api.rsgi import Application

_STOP_SECONDS = 5

logger = logging.getLogger("api")
# The server's own lines, in the format of all others.
_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"generic": {"()": "vitrine.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "generic"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.production")
    try:
        settings = load(ApiSettings)
        django.setup()
        _refuse_a_taken_port(settings)
        _say_what_is_open()
    except SettingsError as error:
        sys.exit(f"api: {error}")
    # Compiled once, before the workers are forked, which share it.
    warm_up_reading()
    # What the workers count, together.
    with tempfile.TemporaryDirectory(prefix="vitrine-api-metrics-", dir=sharing.in_memory()) as folder:
        load_application = partial(_load_application, Path(folder))
        _server(settings).serve(target_loader=load_application, wrap_loader=False)  # type: ignore[arg-type] # RSGI's


def _server(settings: ApiSettings) -> MPServer:
    return MPServer(
        "api",
        address=settings.api_host,
        port=settings.api_port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        workers=settings.api_workers,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=HEAD_BYTES_MAXIMUM),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_dictconfig=_LOGGING,
    )


def _say_what_is_open() -> None:
    if networks := ", ".join(str(network) for network in django_settings.ACCESS_OPEN_TO):
        logger.warning("open without a key to %s; everybody else needs a key", networks)
    else:
        logger.info("closed: every request needs a key, except for health and documentation")


def _refuse_a_taken_port(settings: ApiSettings) -> None:
    """Granian shares its port (SO_REUSEPORT): two servers would take turns at the requests, and nobody would notice."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.api_host, settings.api_port))
        except OSError as error:
            address = f"{settings.api_host}, port {settings.api_port}"
            raise SettingsError(
                f"cannot listen on {address}: {error.strerror}; set VITRINE_API_HOST or VITRINE_API_PORT"
            ) from None


def _load_application(counts: Path) -> "Application":
    """Runs in each worker process, before it takes requests."""
    # Inherited with the fork, the server's own handlers would swallow a signal that comes this early.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sharing.join(counts)
    from api.rsgi import Application
    from api.wsgi import application

    return Application(application, threads=load(ApiSettings).api_threads)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_STOP_SECONDS)
        os._exit(1)


if __name__ == "__main__":
    main()
