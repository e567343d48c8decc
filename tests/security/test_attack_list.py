"""Every operation of the OpenAPI document, asked for by everybody who may not: none can be left out."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from api.access.scopes import BROWSER_SCOPES, Scope
from tests.integration.api.assertions import assert_problem
from tests.security.conftest import MakeKey, Sign, bearer

PUBLIC = {"live", "ready", "health", "page_script"}
SOMEBODY, STRANGER = "user-1", "user-2"
ANONYMOUS = "anon-3f9c27d1b05e48a6917cd2f4e8b3a650"

DOCUMENT: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]


class Operation(NamedTuple):
    """One operation of the document. `scope` is None where it is public."""

    name: str
    method: str
    path: str
    scope: str | None
    asks_for_a_person: bool

    def url(self, client: httpx.Client) -> httpx.URL:
        return client.base_url.join(self.path)

    def headers(self, person: str) -> dict[str, str]:
        return {"user-id": person, "product-id": "product-1"}

    def body(self, person: str) -> dict[str, object] | None:
        if self.name == "post_events":
            return {
                "event": "ProductView",
                "messageid": str(uuid.uuid4()),
                "userid": person,
                "properties": {"productid": "product-1"},
                "context": {"source": "desktop"},
            }
        return {} if self.method in {"POST", "PUT", "PATCH"} else None


def _operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            security = operation["security"]
            parameters = {each.get("name") for each in operation["parameters"]}
            yield Operation(
                operation["operationId"],
                method.upper(),
                path.replace("{productid}", "product-1")
                .replace("{call}", "track")
                .replace("{messageid}", "message-1")
                .replace("{keyid}", "999999")
                .replace("{ruleid}", "999999")
                .replace("{experimentid}", "999999")
                # Whose tokens are revoked, and so is nobody's whom other tests ask for.
                .replace("{person}", "user-3")
                .replace("{personid}", SOMEBODY)
                .replace("{userid}", SOMEBODY)
                .replace("{householdid}", "1"),
                security[0]["key"][0] if security else None,
                "user-id" in parameters or operation["operationId"] == "post_events",
            )


OPERATIONS = list(_operations())
GUARDED = [operation for operation in OPERATIONS if operation.scope is not None]
OF_SERVERS = [operation for operation in GUARDED if operation.scope not in BROWSER_SCOPES]
# Of the others, a browser's key opens none, whoever is asked for.
OF_PERSONS = [operation for operation in GUARDED if operation.asks_for_a_person and operation.scope in BROWSER_SCOPES]


def name(operation: Operation) -> str:
    return operation.name


def ask(client: httpx.Client, operation: Operation, person: str = SOMEBODY, **headers: str) -> httpx.Response:
    sent = {**operation.headers(person), **headers}
    return client.request(operation.method, operation.url(client), headers=sent, json=operation.body(person))


@pytest.fixture(scope="session")
def keys(make_key: MakeKey) -> dict[str, str]:
    """A server's key for each scope, with that scope alone."""
    return {scope: make_key(scope) for scope in Scope}


@pytest.fixture(scope="session")
def browser_key(make_key: MakeKey) -> str:
    return make_key(*BROWSER_SCOPES, kind="pub")


def test_only_health_and_the_script_for_pages_are_public() -> None:
    assert {operation.name for operation in OPERATIONS if operation.scope is None} == PUBLIC
    assert {operation.scope for operation in GUARDED} <= set(Scope)


def test_no_path_is_undocumented() -> None:
    """Beside the document, its page, and the pages that ask for a sign-in."""

    def paths(patterns: list[Any], before: str = "") -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver) and pattern.app_name == "admin":
                continue
            here = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield here
            else:
                yield from paths(pattern.url_patterns, here)

    documented = {path.lstrip("/") for path in DOCUMENT["paths"]}
    served = {re.sub(r"<\w+:(\w+)>", r"{\1}", path) for path in paths(get_resolver().url_patterns)}
    assert served - documented == {"api/v1/schema/", "api/v1/docs/", "operations/", "admin/operations/"}


@pytest.mark.parametrize("operation", GUARDED, ids=name)
def test_nobody_without_a_key(stranger: httpx.Client, operation: Operation) -> None:
    answer = ask(stranger, operation)
    assert_problem(answer, 401, "A key is missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="vitrine"'


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer vt_sec_",
        f"Bearer vt_sec_{'A' * 43}",
        f"Bearer vt_adm_{'A' * 43}",
        f"Bearer vt_sec_{'A' * 4000}",
        "Basic dnRfc2VjOg==",
        "Token x",
        "Bearer vt_sec_' OR 1=1 --",
    ],
)
@pytest.mark.parametrize("operation", GUARDED[:3], ids=name)
def test_nobody_with_something_like_a_key(stranger: httpx.Client, operation: Operation, authorization: str) -> None:
    assert_problem(ask(stranger, operation, authorization=authorization), 401)


@pytest.mark.parametrize("operation", GUARDED, ids=name)
def test_each_scope_opens_its_own_operations_and_no_other(
    stranger: httpx.Client, keys: dict[str, str], sign: Sign, operation: Operation
) -> None:
    """With a user token, without which there is nothing at `me/`; for the others it changes nothing."""
    for scope, key in keys.items():
        answer = ask(stranger, operation, **bearer(key, user_token=sign(SOMEBODY)))
        if scope == operation.scope:
            assert answer.status_code not in {401, 403}, (scope, answer.text)
        else:
            assert_problem(answer, 403, f"The key has no scope {operation.scope}.")


@pytest.mark.parametrize("operation", OF_SERVERS, ids=name)
def test_a_browser_key_is_refused_what_only_servers_may(
    stranger: httpx.Client, browser_key: str, sign: Sign, operation: Operation
) -> None:
    """With the person's own user token, too."""
    headers = bearer(browser_key, user_token=sign(SOMEBODY))
    assert_problem(ask(stranger, operation, **headers), 403, f"The key has no scope {operation.scope}.")


@pytest.mark.parametrize("operation", OF_PERSONS, ids=name)
class TestAStrangersId:
    def test_is_not_opened_by_a_browser_key(
        self, stranger: httpx.Client, browser_key: str, operation: Operation
    ) -> None:
        assert_problem(ask(stranger, operation, **bearer(browser_key)), 403, "A browser's key is not enough for user-1")

    def test_is_not_opened_by_the_token_of_another(
        self, stranger: httpx.Client, browser_key: str, sign: Sign, operation: Operation
    ) -> None:
        headers = bearer(browser_key, user_token=sign(STRANGER))
        assert_problem(ask(stranger, operation, **headers), 403, "A browser's key is not enough for user-1")

    @pytest.mark.parametrize(
        "guess", ["1", "anon-1", f"anon-{'0' * 31}1", f"anon-{'12' * 16}", ANONYMOUS.upper(), ANONYMOUS[:-1], "anon"]
    )
    def test_is_not_opened_by_what_can_be_guessed(
        self, stranger: httpx.Client, browser_key: str, operation: Operation, guess: str
    ) -> None:
        assert_problem(ask(stranger, operation, guess, **bearer(browser_key)), 403, "anonymous visitor's id")

    def test_is_opened_by_the_persons_own_token(
        self, stranger: httpx.Client, browser_key: str, sign: Sign, operation: Operation
    ) -> None:
        answer = ask(stranger, operation, **bearer(browser_key, user_token=sign(SOMEBODY)))
        assert answer.status_code not in {401, 403}, answer.text

    def test_is_opened_by_an_id_that_nobody_can_guess(
        self, stranger: httpx.Client, browser_key: str, operation: Operation
    ) -> None:
        answer = ask(stranger, operation, ANONYMOUS, **bearer(browser_key))
        assert answer.status_code not in {401, 403}, answer.text


def test_one_view_of_a_stranger_among_many_stops_them_all(stranger: httpx.Client, browser_key: str) -> None:
    (events,) = (operation for operation in OPERATIONS if operation.name == "post_events")
    views = [events.body(ANONYMOUS), events.body(SOMEBODY), events.body(ANONYMOUS)]
    answer = stranger.post("events/", json=views, headers=bearer(browser_key))
    assert_problem(answer, 403, "A browser's key is not enough for user-1")


@pytest.mark.parametrize("path", ["health/", "health/live/", "health/ready/", "schema/", "/v1/vitrine.js"])
def test_what_is_public_needs_no_key_and_minds_none(stranger: httpx.Client, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer nonsense"}, {"user-token": "nonsense"}):
        assert stranger.get(stranger.base_url.join(path), headers=headers).status_code == 200


def test_health_says_who_is_asked_for_a_key(stranger: httpx.Client) -> None:
    assert stranger.get("health/").json()["access"] == {"open-to": [], "keys": "up", "limits": "shared"}


def test_nothing_of_an_error_names_code_or_settings(stranger: httpx.Client, keys: dict[str, str]) -> None:
    for operation in GUARDED:
        text = ask(stranger, operation, **bearer(keys["views:write"])).text
        assert not any(word in text for word in ("Traceback", ".py", "SECRET", "VITRINE_", "postgres:")), text


class TestKeysAdmin:
    """A key that may make keys cannot get what it has not got."""

    @pytest.fixture
    def weak(self, stranger: httpx.Client, make_key: MakeKey) -> httpx.Client:
        stranger.headers["authorization"] = f"Bearer {make_key('keys:admin', 'history:read')}"
        return stranger

    def test_by_making_one(self, weak: httpx.Client) -> None:
        wanted = {"name": "more", "kind": "sec", "scopes": ["history:read", "people:erase"]}
        assert_problem(weak.post("keys/", json=wanted), 403, "cannot give what it has not got: people:erase")
        assert weak.post("keys/", json={**wanted, "scopes": ["history:read"]}).status_code == 201

    def test_by_rotating_one(self, weak: httpx.Client, administrator: httpx.Client) -> None:
        strong = administrator.post("keys/", json={"name": "strong", "kind": "sec", "scopes": ["people:erase"]}).json()
        assert_problem(weak.post(f"keys/{strong['id']}/rotate/", json={}), 403, "people:erase")

    @pytest.mark.parametrize(
        "more",
        [{"digest": "00"}, {"id": 1}, {"last_used_at": None}, {"revoked_at": None}, {"is_admin": True}, {"key": "x"}],
    )
    def test_by_naming_columns_that_are_not_asked_for(self, weak: httpx.Client, more: dict[str, object]) -> None:
        wanted = {"name": "more", "kind": "sec", "scopes": ["history:read"], **more}
        assert_problem(weak.post("keys/", json=wanted), 400, "unknown field")

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"kind": "root"}, "kind: "),
            ({"scopes": ["everything"]}, "There is no scope everything"),
            ({"kind": "pub", "scopes": ["history:read", "keys:admin"]}, "cannot have keys:admin"),
            ({"name": ""}, "name: "),
            ({"name": "a\nb"}, "control characters"),
            ({"origins": ["https://shop.example"]}, "Only a browser's key has origins"),
            ({"kind": "pub", "origins": ["https://shop.example/path"]}, "An origin is scheme and host"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "This is past."),
            ({"expires_at": "tomorrow"}, "not what is asked for"),
            ({"requests_per_minute": 0}, "requests_per_minute: "),
            ({"scopes": "history:read"}, "not what is asked for"),
        ],
    )
    def test_what_is_wrong_is_said(self, weak: httpx.Client, changed: dict[str, object], sentence: str) -> None:
        answer = weak.post("keys/", json={"name": "n", "kind": "sec", "scopes": ["history:read"], **changed})
        assert_problem(answer, 400, sentence)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_a_deep_body_is_refused_by_every_operation_that_takes_one(
    stranger: httpx.Client, keys: dict[str, str], depth: int
) -> None:
    headers = {"content-type": "application/json"}
    for operation in GUARDED:
        if operation.method == "POST":
            body = b"[" * depth + b"]" * depth
            sent = {**operation.headers(SOMEBODY), **headers, **bearer(keys[str(operation.scope)])}
            answer = stranger.post(operation.url(stranger), content=body, headers=sent)
            assert answer.status_code in {400, 404}, (operation.name, answer.text)


def test_a_body_that_is_too_large_is_refused_by_every_operation_that_takes_one(
    stranger: httpx.Client, keys: dict[str, str]
) -> None:
    body = json.dumps({"name": "x" * (2 * 1024 * 1024)}).encode()
    for operation in GUARDED:
        if operation.method == "POST":
            sent = {"content-type": "application/json", **bearer(keys[str(operation.scope)])}
            answer = stranger.post(operation.url(stranger), content=body, headers=sent)
            assert answer.status_code == 413, (operation.name, answer.text)


@pytest.mark.parametrize("value", ["a\r\nset-cookie: x=1", "a\nlog line", "\x1b[31m", "${jndi:ldap://x}", "%0d%0aA: b"])
def test_an_id_cannot_carry_a_header_or_a_log_line(stranger: httpx.Client, keys: dict[str, str], value: str) -> None:
    answer = stranger.get(f"products/{quote(value, safe='')}/similar/", headers=bearer(keys["recommendations:read"]))
    assert answer.status_code in {400, 404}
    assert not {"a", "set-cookie"} & set(answer.headers)
