"""The real Valkey under our supervisor."""

import socket

from local_stack.stack import LocalStack


def ask(port: int, *words: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(f"{' '.join(words)}\r\n".encode())
        return connection.recv(1024)


def test_it_keeps_what_it_is_given_and_starts_again_empty_when_killed(stack: LocalStack) -> None:
    port = stack.settings.stack_valkey_port
    assert ask(port, "SET", "key", "value") == b"+OK\r\n"
    assert ask(port, "GET", "key") == b"$5\r\nvalue\r\n"
    stack.kill("valkey")
    stack.start("valkey")
    assert ask(port, "GET", "key") == b"$-1\r\n"


def test_its_memory_is_bounded(stack: LocalStack) -> None:
    port = stack.settings.stack_valkey_port
    assert b"67108864" in ask(port, "CONFIG", "GET", "maxmemory")
    assert b"allkeys-lru" in ask(port, "CONFIG", "GET", "maxmemory-policy")
