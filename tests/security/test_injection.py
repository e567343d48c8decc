"""What a request holds never becomes a header, a log line, or the end of a process: for every parameter there is."""

import gzip
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import httpx
import pytest

from api.limits import BODY_SECONDS
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.security.conftest import MakeKey
from tests.security.test_attack_list import DOCUMENT, OPERATIONS

HOSTILE = (
    b"\r\nforged: yes\r\n\r\n<h1>forged</h1>",
    b"\n2026-11-25 10:00:00,000 ERROR   forged [-]: forged",
    b"\0forged",
    b"\x1b[2Jforged",
    "\u202eforged\u2028forged\x85forged €".encode(),
    b"\xff\xfeforged",
    b"forged" * 600,
)


def _parameters() -> Iterator[tuple[str, str, str, str]]:
    """Method, path, where it stands, its name: of every parameter of the document."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            for parameter in operation["parameters"]:
                found: Any = parameter
                if "$ref" in found:
                    found = DOCUMENT["components"]["parameters"][found["$ref"].rpartition("/")[2]]
                yield method.upper(), path, found["in"], found["name"]
            for name in (
                "authorization",
                "user-token",
                "host",
                "origin",
                "content-type",
                "if-none-match",
                "traceparent",
            ):
                yield method.upper(), path, "header", name


PARAMETERS = list(_parameters())
PATHS = sorted({path for _, path, *_ in PARAMETERS})


def raw(api: Api, head: bytes, body: bytes = b"") -> bytes:
    """The whole answer to bytes that no library would send."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=120) as connection:
        connection.sendall(head + b"\r\n" + body)
        found = b""
        while block := connection.recv(65536):
            found += block
        return found


def head_of(method: str, target: bytes, key: str, headers: dict[str, bytes]) -> bytes:
    sent = {"host": b"127.0.0.1", "authorization": f"Bearer {key}".encode(), "user-id": b"user-9", **headers}
    lines = [f"{method} ".encode() + target + b" HTTP/1.1", b"connection: close"]
    if method != "GET":
        lines.append(b"content-length: 2")
        sent.setdefault("content-type", b"application/json")
    return b"\r\n".join([*lines, *(name.encode() + b": " + value for name, value in sent.items()), b""])


def test_every_operation_is_among_them() -> None:
    assert {(method, path) for method, path, *_ in PARAMETERS} == {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    assert len(PARAMETERS) > len(OPERATIONS) * 7


@pytest.mark.parametrize("path", PATHS)
def test_no_parameter_makes_a_header_or_a_log_line(closed_api: Api, make_key: MakeKey, path: str) -> None:
    key = make_key("history:read", "recommendations:read", "analytics:read", "views:write")
    for method, _, place, name in (each for each in PARAMETERS if each[1] == path):
        for value in HOSTILE:
            target = re.sub(r"\{\w+\}", "product-1", path).encode()
            headers: dict[str, bytes] = {}
            if place == "query":
                target += f"?{name}=".encode() + quote_from_bytes(value).encode()
            elif place == "path":
                target = re.sub(r"\{\w+\}", quote_from_bytes(value, safe=""), path).encode()
            else:
                headers[name] = value.replace(b"\r\n", b"\r").replace(b"\n", b"\r\n ")
            answer = raw(closed_api, head_of(method, target, key, headers), b"{}" if method != "GET" else b"")
            head, _, _ = answer.partition(b"\r\n\r\n")
            status = int(head.split()[1]) if head else 400
            assert status < 500 or status == 503, (name, value, answer)
            assert not re.search(rb"(?im)^forged", head), (name, value, head)
    assert_log_is_whole(closed_api)


def test_raw_bytes_in_a_query_are_no_error_of_ours(closed_api: Api, make_key: MakeKey) -> None:
    key = make_key("recommendations:read")
    for query in (b"category=\xe2\x82\xac", b"period=\xff", "exclude=é,ü".encode(), b"limit=%ff%fe", b"a" * 3000):
        answer = raw(closed_api, head_of("GET", b"/api/v1/products/trending/?" + query, key, {}))
        assert answer[9:12] in {b"200", b"400"}, answer


def test_a_header_with_underscores_is_no_header_of_ours(stranger: httpx.Client, make_key: MakeKey) -> None:
    """A proxy that sets X-Forwarded-For lets X_Forwarded_For pass, and the like."""
    headers = {"authorization": f"Bearer {make_key('history:read')}", "user_id": "user-1"}
    assert_problem(stranger.get("user_nav_history_latest_products/", headers=headers), 400, "user-id is missing")
    both = {**headers, "user-id": "user-2"}
    answer = stranger.get("user_nav_history_latest_products/", headers=both)
    assert answer.json()["user-id"] == "user-2"


VIEW = (
    b'{"event":"ProductView","messageid":"m","userid":"user-9","properties":{"productid":"p"},'
    b'"context":{"source":"d"}%s}'
)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"[" * 100_000, {400}),
        (b'{"a":' * 100_000, {400}),
        (VIEW % (b',"x":' + b"[" * 100_000 + b"]" * 100_000), {400}),
        (VIEW % (b',"x":' + b"9" * 800_000), {202}),
        (VIEW % (b',"x":1e' + b"9" * 100_000), {202, 400}),
        (VIEW % b',"userid":"a b"', {400}),
        (VIEW % b',"event":"Another"', {400}),
        (VIEW % b',"x":"\\ud800"', {202, 400}),
        (VIEW % b',"context":{"source":"a\\u0000b"}', {400}),
        (VIEW % b',"context":{"source":"a\\u202eb"}', {400}),
        (VIEW % b',"timestamp":"0001-01-01T00:00:00+14:00"', {202}),
        (b"\xff\xfe", {400}),
        (b"", {400}),
        (b"null", {400}),
        (b"[]", {400}),
        (b"[null]", {400}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_at_the_edges(stranger: httpx.Client, make_key: MakeKey, body: bytes, statuses: set[int]) -> None:
    headers = {"authorization": f"Bearer {make_key('views:write')}", "content-type": "application/json"}
    answer = stranger.post("events/", content=body, headers=headers)
    assert answer.status_code in statuses, answer.text
    if answer.status_code >= 400:
        assert_problem(answer, answer.status_code)


def test_a_compressed_body_is_not_unpacked(stranger: httpx.Client, make_key: MakeKey) -> None:
    """800 MB of one character take 800 kB."""
    headers = {"authorization": f"Bearer {make_key('views:write')}", "content-type": "application/json"}
    for encoding in ("gzip", "deflate", "br", "zstd"):
        body = gzip.compress(bytes(50_000_000), 9)
        answer = stranger.post("events/", content=body, headers={**headers, "content-encoding": encoding})
        assert_problem(answer, 400, "not JSON")


def test_a_body_without_an_end_is_ended(closed_api: Api, make_key: MakeKey) -> None:
    head = head_of("POST", b"/api/v1/events/", make_key("views:write"), {"transfer-encoding": b"chunked"})
    head = head.replace(b"content-length: 2\r\n", b"")
    with socket.create_connection(("127.0.0.1", closed_api.port), timeout=BODY_SECONDS + 120) as connection:
        connection.sendall(head + b"\r\n1\r\n[\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
    # Two lengths, of which a proxy may have believed the other one.
    both = head_of("POST", b"/api/v1/events/", make_key("views:write"), {"transfer-encoding": b"chunked"})
    answer = raw(closed_api, both, b"0\r\n\r\nGET /api/v1/schema/ HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1, answer


def assert_log_is_whole(api: Api) -> None:
    log = api.log.read_bytes().decode(errors="replace")
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", log)
    assert not re.search(r"(?m)^(forged|2026-11-25 10:00:00)", log), log[-2000:]


def test_the_log_would_show_it(closed_api: Api) -> None:
    """The log that is looked at is the one that is written."""
    assert json.dumps(closed_api.log.read_text())
    assert closed_api.log.stat().st_size > 0
