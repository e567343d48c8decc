"""What each worker process serves: Django, with bodies that are in before a thread begins with a request.

As a WSGI server reads a body in the thread that answers, so few slow clients as there are threads would keep everybody
else waiting. Here the event loop reads it (RSGI, Granian's own interface), for so long and so much and no more.
"""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined] # they are what its documentation names

from api import problems
from api.limits import BODIES_BYTES_MAXIMUM, BODY_BYTES_MAXIMUM, BODY_SECONDS

_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_ENVIRONMENT: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.errors": sys.stderr,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_NOT_ASCII = "\xff"
_IGNORED = "vitrine.ignored"
Headers = list[tuple[str, str]]


class Application:
    """Answers with Django, `threads` requests at a time."""

    def __init__(self, django: WSGIHandler, *, threads: int) -> None:
        self._django = django
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._bytes_held = 0

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if scope.method in _METHODS_WITHOUT_BODY:
            await self._answer(scope, protocol, b"")
            return
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await self._read(protocol, body)
        except TimeoutError:
            detail = f"The body was not in after {BODY_SECONDS} s."
            self._refuse(protocol, problems.problem(HTTPStatus.REQUEST_TIMEOUT, detail))
        except _TooMuchHeld:
            self._refuse(protocol, problems.unavailable("Too many bodies are on their way in."))
        else:
            await self._answer(scope, protocol, bytes(body))
        finally:
            self._bytes_held -= len(body)

    async def _read(self, protocol: HTTPProtocol, body: bytearray) -> None:
        """Reads until the end, or a little more than a view takes, so that it can say so."""
        async for block in protocol:
            if self._bytes_held + len(block) > BODIES_BYTES_MAXIMUM:
                raise _TooMuchHeld
            body += block
            self._bytes_held += len(block)
            if len(body) > BODY_BYTES_MAXIMUM:
                return

    async def _answer(self, scope: Scope, protocol: HTTPProtocol, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        response, status, headers = await loop.run_in_executor(self._pool, self._call, scope, body)
        if isinstance(response, bytes):
            protocol.response_bytes(status, headers, response)
            return
        # Block by block: nobody who reads slowly holds a thread, and no answer is in memory whole.
        blocks = iter(response)
        transport = protocol.response_stream(status, headers)
        try:
            while (block := await loop.run_in_executor(self._pool, next, blocks, None)) is not None:
                await transport.send_bytes(block)
        finally:
            await loop.run_in_executor(self._pool, response.close)

    def _call(self, scope: Scope, body: bytes) -> tuple[Any, int, Headers]:
        """Django's answer: its bytes, or the response itself if it is a stream; its status and headers."""
        answer: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers) -> None:
            answer.append((int(status[:3]), [(name.lower(), value) for name, value in headers]))

        response: Any = self._django(_environment(scope, body), start_response)  # type: ignore[arg-type]
        ((status, headers),) = answer
        if response.streaming:
            return response, status, headers
        try:
            return b"".join(response), status, headers
        finally:
            response.close()

    @staticmethod
    def _refuse(protocol: HTTPProtocol, response: HttpResponse) -> None:
        headers = [(name.lower(), value) for name, value in response.items()]
        protocol.response_bytes(response.status_code, [*headers, ("connection", "close")], response.content)


class _TooMuchHeld(Exception):  # noqa: N818 - it is caught above
    """Bodies that are being read have as many bytes as this process holds."""


def _environment(scope: Scope, body: bytes) -> dict[str, Any]:
    """What PEP 3333 asks for."""
    name, _, port = scope.server.rpartition(":")
    address, _, _ = scope.client.rpartition(":")
    environment = {
        **_ENVIRONMENT,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address.strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    for header, value in scope.headers.items():
        variable = _variable(header)
        environment[variable] = f"{environment[variable]},{value}" if variable in environment else value
    # The server gives no value that is not ASCII; it is not to look as if nothing had been sent.
    for header in scope.headers.keys():  # noqa: SIM118 - it is no dict
        environment.setdefault(_variable(header), _NOT_ASCII)
    # Where no header's value is: Django reads no such name.
    environment.pop(_IGNORED, None)
    return environment


@lru_cache(1024)
def _variable(header: str) -> str:
    """With hyphens alone: X_Forwarded_For would be taken for what a proxy has set or removed."""
    if "_" in header:
        return _IGNORED
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
