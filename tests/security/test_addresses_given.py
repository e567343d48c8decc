"""Addresses that are given to us: none of the internet, of a key holder or of a source is ever asked.

A real socket listens; whoever connects is seen. That it would be seen is shown by an operator's own setting.
"""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest
import requests

from tests.integration.api.serving import Api
from tests.security.conftest import Manage
from tests.security.test_attack_list import OPERATIONS, Operation, ask
from tests.unit.vitrine.lake.conftest import lake as lake  # noqa: PLC0414 - a fixture
from vitrine.analytics.notifying import notify
from vitrine.errors import LakeError
from vitrine.lake import csv_files
from vitrine.lake.place import Lake
from vitrine.lake.sources import COMPLETEJOURNEY
from vitrine.market.asking import session
from vitrine.settings import MarketSettings


class Listener:
    """Counts who connects, and hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.seen = 0
        self._heard = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.seen += 1
            self._heard.set()
            connection.close()

    def knock(self) -> None:
        """Connects once, and waits until that is counted: all who came before are counted then, too."""
        before = self.seen
        self._heard.clear()
        socket.create_connection(("127.0.0.1", self.port)).close()
        while self.seen == before:
            assert self._heard.wait(120)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def headers_with(url: str, host: str) -> dict[str, str]:
    token = {"alg": "ES256", "kid": url, "jku": url, "x5u": url, "jwk": {"url": url}, "typ": "JWT"}
    return {
        "x-forwarded-host": host,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": url,
        "x-original-url": url,
        "x-rewrite-url": url,
        "forwarded": f"for=127.0.0.1;host={host};proto=http",
        "via": f"1.1 {host}",
        "origin": url.rstrip("/"),
        "referer": url,
        "destination": url,
        "link": f"<{url}>; rel=preload",
        "x-request-id": url,
        "tracestate": f"a={url}",
        "callback": url,
        "user-token": f"{part(token)}.{part({'iss': url, 'sub': 'user-1'})}.AAAA",
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_address_of_a_request_is_asked(
    administrator: httpx.Client, listener: Listener, operation: Operation
) -> None:
    host = f"127.0.0.1:{listener.port}"
    all_of_them = headers_with(listener.url, host)
    ask(administrator, operation, **all_of_them)
    for name, value in all_of_them.items():
        ask(administrator, operation, **{name: value})
    query = {"url": listener.url, "callback": listener.url, "category": listener.url, "cursor": listener.url}
    body = {**(operation.body("user-1") or {}), "url": listener.url, "$ref": listener.url, "webhook": listener.url}
    for host_header in (host, f"localhost@{host}"):
        administrator.request(
            operation.method,
            operation.url(administrator),
            params=query,
            json=body,
            headers={"user-id": "user-1", "host": host_header},
        )
    listener.knock()
    assert listener.seen == 1


def test_the_origins_of_a_key_are_never_asked(administrator: httpx.Client, manage: Manage, listener: Listener) -> None:
    origin = listener.url.rstrip("/")
    wanted = {"name": "of-an-origin", "kind": "pub", "scopes": ["history:read"], "origins": [origin]}
    made = administrator.post("keys/", json=wanted)
    assert made.status_code == 201, made.text
    headers = {"authorization": f"Bearer {made.json()['key']}", "origin": origin, "user-id": "user-1"}
    administrator.get("user_nav_history_latest_products/", headers=headers)
    assert manage("keys", "list").returncode == 0
    listener.knock()
    assert listener.seen == 1


def test_a_target_that_is_another_servers_is_not_asked(closed_api: Api, listener: Listener) -> None:
    """As of a proxy: the absolute form, and CONNECT."""
    for line in (f"GET {listener.url} HTTP/1.1", f"CONNECT 127.0.0.1:{listener.port} HTTP/1.1"):
        with socket.create_connection(("127.0.0.1", closed_api.port), timeout=120) as connection:
            connection.sendall(f"{line}\r\nHost: 127.0.0.1:{listener.port}\r\nConnection: close\r\n\r\n".encode())
            assert not connection.recv(1000).startswith(b"HTTP/1.1 200")
    listener.knock()
    assert listener.seen == 1


def test_an_operators_setting_is_asked(listener: Listener) -> None:
    """Else the socket above would show nothing."""
    notify([f"json://127.0.0.1:{listener.port}/"], title="t", text="t")
    listener.knock()
    assert listener.seen >= 2


class _Elsewhere(BaseHTTPRequestHandler):
    location: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("location", self.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def source_that_sends_to(location: str) -> Iterator[str]:
    """A server that answers everything with a redirect."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Source", (_Elsewhere,), {"location": location}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_source_does_not_send_us_to_another_server(listener: Listener, host: str) -> None:
    """Such as the address at which a cloud tells its machines their passwords."""
    asking = session(MarketSettings(market_attempts=1))
    with source_that_sends_to(f"http://{host}:{listener.port}/") as url:
        with pytest.raises(Exception, match="it sends to another server"):
            asking.get(url)
        listener.knock()
        assert listener.seen == 1
        # Who follows is seen.
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=120)
        assert listener.seen == 2


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "file", "memory", "ssh"])
def test_a_form_gives_a_folder_or_a_bucket(lake: Lake, listener: Listener, scheme: str) -> None:
    """What Airflow's form is given goes there."""
    with lake.alone(), pytest.raises(LakeError, match="neither a folder nor an address such as s3://"):
        csv_files.land(lake, COMPLETEJOURNEY, f"{scheme}://127.0.0.1:{listener.port}/")
    listener.knock()
    assert listener.seen == 1
