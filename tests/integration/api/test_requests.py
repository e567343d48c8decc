"""What a request may say, and what is answered when it says something else. No server is needed behind it."""

import socket

import httpx
import pytest

from tests.conftest import SHOP
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api

HISTORY = "user_nav_history_latest_products/"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PROPFIND"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nope",
        "/administration/",
        "/static/nope.js",
        "/api/",
        "/api/v1/",
        "/api/v1/events",
        "/api/v2/events/",
        "/ü/%FF/%00",
    ],
)
def test_an_unknown_path_is_a_problem(lonely_client: httpx.Client, method: str, path: str) -> None:
    url = lonely_client.base_url.copy_with(raw_path=httpx.URL(path).raw_path)
    assert_problem(lonely_client.request(method, url), 404, "There is nothing at /")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", HISTORY, "GET, DELETE, HEAD, OPTIONS"),
        ("GET", "events/", "POST, OPTIONS"),
        ("DELETE", "health/", "GET, HEAD, OPTIONS"),
        ("POST", "schema/", "GET, HEAD, OPTIONS"),
        ("PROPFIND", "docs/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_a_problem(lonely_client: httpx.Client, method: str, path: str, allowed: str) -> None:
    answer = lonely_client.request(method, path)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == allowed


def test_options_names_the_methods(lonely_client: httpx.Client) -> None:
    answer = lonely_client.options(HISTORY)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, DELETE, HEAD, OPTIONS")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_missing_header_is_named(lonely_client: httpx.Client, method: str) -> None:
    assert_problem(lonely_client.request(method, HISTORY), 400, "The header user-id is missing.")


def test_a_missing_product_is_named(lonely_client: httpx.Client) -> None:
    answer = lonely_client.delete(HISTORY, headers={"user-id": "user-78"})
    assert_problem(answer, 400, "The header product-id is missing.")


@pytest.mark.parametrize("value", ["", "a b", "a/b", "x" * 129, "ü", "a,b", "a\tb", "<script>"])
def test_a_malformed_id_is_refused(lonely_client: httpx.Client, value: str) -> None:
    answer = lonely_client.get(HISTORY, headers={b"user-id": value.encode()})
    assert_problem(answer, 400, "The header user-id must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -")
    answer = lonely_client.delete(HISTORY, headers={b"user-id": b"user-78", b"product-id": value.encode()})
    assert_problem(answer, 400, "The header product-id must be")


@pytest.mark.parametrize("limit", ["0", "51", "-1", "1.5", "ten", "", "1e1", " 5", "+5", "1_0", "\u0665", "9" * 5000])
def test_a_limit_out_of_range_is_refused(lonely_client: httpx.Client, limit: str) -> None:
    answer = lonely_client.get(HISTORY, params={"limit": limit}, headers={"user-id": "user-78"})
    assert_problem(answer, 400, "The query parameter limit must be a whole number from 1 to 50.")


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml", "image/png", "nonsense", "application/json;q=0"])
def test_json_is_answered_whatever_is_accepted(lonely_client: httpx.Client, accept: str) -> None:
    answer = lonely_client.get("health/live/", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert_problem(lonely_client.get(HISTORY, headers={"accept": accept}), 400)


def test_a_foreign_host_is_a_problem(lonely_client: httpx.Client) -> None:
    answer = lonely_client.get(HISTORY, headers={"host": "evil.example", "user-id": "user-78"})
    assert_problem(answer, 400, "Host")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_is_not_json_by_its_type_is_refused(lonely_client: httpx.Client, content_type: str) -> None:
    answer = lonely_client.post("events/", content=b"{}", headers={"content-type": content_type})
    assert_problem(answer, 415, "The Content-Type must be application/json.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[",
        b"[{},]",
        b"{} {}",
        b"nope",
        b"\xff",
        b'{"a": "\xff"}',
        b"NaN",
        b"[" * 100_000,
        b"\x00",
    ],
)
def test_what_is_not_json_is_refused(lonely_client: httpx.Client, body: bytes) -> None:
    assert_problem(lonely_client.post("events/", content=body, headers=JSON), 400, "The body is not JSON")


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"[" + b"1," * 500 + b"1]"])
def test_a_list_of_no_or_too_many_views_is_refused(lonely_client: httpx.Client, body: bytes) -> None:
    assert_problem(lonely_client.post("events/", content=body, headers=JSON), 400, "A list must hold 1 to 500 views")


@pytest.mark.parametrize("body", [b"1", b"null", b'"x"', b"{}", b"[[]]", b"[{}]"])
def test_json_that_is_no_view_is_named_by_index(lonely_client: httpx.Client, body: bytes) -> None:
    answer = assert_problem(lonely_client.post("events/", content=body, headers=JSON), 400, "1 of 1 views")
    assert answer["errors"][0]["index"] == 0
    assert answer["errors"][0]["reason"]


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_a_body_is_refused(lonely_client: httpx.Client, chunked: bool) -> None:
    body = b" " * (3 * 1024 * 1024)
    content = iter([body]) if chunked else body
    assert_problem(lonely_client.post("events/", content=content, headers=JSON), 413)


def test_a_body_in_chunks_is_read(lonely_client: httpx.Client) -> None:
    answer = lonely_client.post("events/", content=iter([b"[{}", b",{}]"]), headers=JSON)
    assert_problem(answer, 400, "2 of 2 views are not valid")


def test_head_has_no_body(lonely_client: httpx.Client) -> None:
    assert lonely_client.head("health/live/").status_code == 200
    answer = lonely_client.head(HISTORY)
    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize("start", [b"GET / HTTP/1.0\r\n\r\n", b"GET /api/v1/nope HTTP/1.1\r\nHost: \xff\r\n\r\n"])
def test_a_strange_request_is_a_problem(api_without_servers: Api, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", api_without_servers.port), timeout=120) as connection:
        connection.sendall(start)
        answer = connection.recv(10_000)
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/health/live/", 200),
        ("HEAD", "/api/v1/health/live/", 200),
        ("OPTIONS", "/api/v1/events/", 204),
        ("GET", "/api/v1/docs/", 200),
        ("GET", "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css", 200),
        ("GET", "/static/nope.js", 404),
        ("GET", "/nope", 404),
        ("PUT", "/api/v1/events/", 405),
        ("POST", "/api/v1/events/", 415),
        ("GET", "/api/v1/user_history_recommendations/", 400),
        ("GET", "/api/v1/health/ready/", 503),
    ],
)
def test_every_answer_has_the_id_of_its_request(
    lonely_client: httpx.Client, method: str, path: str, status: int
) -> None:
    url, headers = lonely_client.base_url.join(path), {"x-request-id": "request-17"}
    answer = lonely_client.request(method, url, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get_list("x-request-id") == ["request-17"]
    refused = lonely_client.request(method, url, headers=headers | {"host": "evil.example"})
    assert refused.headers.get_list("x-request-id") == ["request-17"]


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "a,b", "<b>", "ü"])
def test_a_request_without_a_well_formed_id_gets_one(lonely_client: httpx.Client, given: str | None) -> None:
    headers = {} if given is None else {b"x-request-id": given.encode()}
    ids = [lonely_client.get("health/live/", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert [len(each) for each in ids] == [32, 32]
    assert ids[0] != ids[1]


def test_two_ids_are_none(lonely_client: httpx.Client) -> None:
    answer = lonely_client.get("health/live/", headers=[("x-request-id", "one"), ("x-request-id", "two")])
    assert len(answer.headers["x-request-id"]) == 32


def test_health_is_told_by_address_too(lonely_client: httpx.Client) -> None:
    answer = lonely_client.get("health/live/", headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


@pytest.mark.parametrize("path", ["health/ready/", "health/"])
def test_without_cassandra_it_is_not_ready(lonely_client: httpx.Client, path: str) -> None:
    answer = lonely_client.get(path)
    body = assert_problem(answer, 503, "Away: Cassandra and Kafka.")
    assert (body["cassandra"], body["kafka"]) == ("down", "down")
    assert answer.headers["retry-after"] == "1"
    assert answer.elapsed.total_seconds() < 1


def test_an_answer_is_for_the_configured_origin(lonely_client: httpx.Client) -> None:
    for path in ("health/live/", HISTORY, "nope/"):
        answer = lonely_client.get(path, headers={"origin": SHOP})
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert answer.headers["access-control-expose-headers"] == (
            "etag, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id"
        )
        assert "origin" in answer.headers["vary"]
    assert (
        "access-control-allow-origin"
        not in lonely_client.get(HISTORY, headers={"origin": "https://evil.example"}).headers
    )


@pytest.mark.parametrize(("method", "path"), [("GET", HISTORY), ("DELETE", HISTORY), ("POST", "events/")])
def test_a_browser_may_send_the_headers(lonely_client: httpx.Client, method: str, path: str) -> None:
    asked = {
        "origin": SHOP,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type,product-id,user-id,x-request-id",
    }
    answer = lonely_client.options(path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"user-id", "product-id", "content-type", "x-request-id"} <= set(allowed)
    assert answer.headers["cache-control"] == "no-store"
