"""A TCP proxy before a server: what happens to connections on a bad network, without privileges."""

import asyncio
import random
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

_CHUNK_BYTES = 64 * 1024
# How long a sender of TCP waits at least before it sends again what was lost (RFC 6298 says 1 s, Linux 200 ms).
_RETRANSMITTED_AFTER_SECONDS = 0.2


class Proxy:
    """Listens on a port of this machine and passes on to another one, in a thread of its own.

    A lost packet is what an application sees of one: its bytes, and all after them, come later.
    """

    def __init__(self, port: int, server_port: int, *, seed: int = 0) -> None:
        self._server_port = server_port
        self._chance = random.Random(seed)
        self._delay = self._loss = 0.0
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name=f"proxy-{port}", daemon=True).start()
        self._server = self._run(asyncio.start_server(self._accept, "127.0.0.1", port)).result(10)

    @contextmanager
    def disturbed(self, *, delay_seconds: float, loss: float) -> Iterator[None]:
        """Every chunk of bytes comes later, and a share of them is lost once."""
        self._delay, self._loss = delay_seconds, loss
        try:
            yield
        finally:
            self._delay = self._loss = 0.0

    @contextmanager
    def cut(self) -> Iterator[None]:
        """All connections are dropped, and new ones as well."""
        self._is_cut = True
        self._run(self._drop()).result(10)
        try:
            yield
        finally:
            self._is_cut = False

    def close(self) -> None:
        self._is_cut = True
        self._run(self._end()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _drop(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._drop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, to_server}
        self._writers |= both
        try:
            # Cancelled at the very end only: nobody is left who would hear of it.
            with suppress(asyncio.CancelledError):
                await asyncio.gather(self._pass_on(reader, to_server), self._pass_on(from_server, writer))
        finally:
            self._writers -= both

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                if wait := self._wait():
                    await asyncio.sleep(wait)
                writer.write(chunk)
                await writer.drain()
        writer.close()

    def _wait(self) -> float:
        is_lost = self._loss and self._chance.random() < self._loss
        return self._delay + (_RETRANSMITTED_AFTER_SECONDS + self._delay if is_lost else 0.0)
