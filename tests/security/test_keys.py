"""The life of a key: made, shown once, used, rotated, revoked; by command, in the admin, by the API."""

import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest

from api.access.scopes import BROWSER_SCOPES
from local_stack.processes import MANAGE
from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api, await_ready, serving
from tests.integration.api.test_admin import execute, post, sign_in
from tests.security.conftest import (
    MakeKey,
    Manage,
    await_everywhere,
    await_known,
    await_unknown,
    bearer,
    whichever,
)
from tests.waiting import wait_until

TRENDING = "products/trending/"
SHOP, OTHER = "https://www.shop.example", "https://elsewhere.example"
SERVER_KEY = re.compile(r"vt_sec_[A-Za-z0-9_-]{43}")
PASSWORD = "not a word of a list: 7723005"


def id_of(stack: LocalStack, key: str) -> int:
    ((found,),) = execute(stack, "SELECT id FROM access_keys WHERE digest = sha256(%s)", key.encode())
    return int(found)


def made(manage: Manage, *options: str) -> str:
    done = manage("keys", "make", f"made-{uuid.uuid4()}", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def status(api: Api, key: str, path: str = TRENDING) -> int:
    return whichever.get(f"{api.url}{path}", headers=bearer(key)).status_code


class TestByCommand:
    def test_a_key_is_shown_once_and_its_digest_kept(
        self, manage: Manage, closed_api: Api, prepared_stack: LocalStack
    ) -> None:
        done = manage("keys", "make", "shop-server", "--kind", "server", "--scopes", "recommendations:read")
        key = done.stdout.strip()
        assert (done.returncode, SERVER_KEY.fullmatch(key) is not None) == (0, True), done.stderr
        assert done.stderr.endswith("for shop-server: recommendations:read. It is not shown again.\n")
        await_everywhere(lambda: status(closed_api, key) == 200)
        for (row,) in execute(prepared_stack, "SELECT access_keys::text FROM access_keys"):
            assert key not in row
            assert key.removeprefix("vt_sec_")[:20] not in row
        listed = manage("keys", "list").stdout
        assert f"shop-server (vt_sec_…{key[-4:]})" in listed
        assert key not in listed

    def test_a_browser_key_has_what_browsers_may_unless_less_is_named(
        self, manage: Manage, prepared_stack: LocalStack
    ) -> None:
        key = made(manage, "--kind", "browser", "--origins", SHOP)
        ((scopes, origins),) = execute(
            prepared_stack, "SELECT scopes, origins FROM access_keys WHERE id = %s", id_of(prepared_stack, key)
        )
        assert (set(scopes), origins) == (set(BROWSER_SCOPES), [SHOP])

    def test_two_keys_are_valid_side_by_side(self, manage: Manage, closed_api: Api, prepared_stack: LocalStack) -> None:
        old = made(manage, "--kind", "server", "--scopes", "recommendations:read")
        done = manage("keys", "rotate", str(id_of(prepared_stack, old)), "--days", "0.00005")
        assert "takes the place of" in done.stderr
        new = done.stdout.strip()
        await_everywhere(lambda: status(closed_api, new) == 200)
        # Four seconds later only the new one is.
        await_everywhere(lambda: status(closed_api, old) == 401)
        assert status(closed_api, new) == 200
        assert manage("keys", "rotate", str(id_of(prepared_stack, old))).stderr.startswith(
            "CommandError: This key is revoked or expired"
        )

    def test_revoked(self, manage: Manage, closed_api: Api, prepared_stack: LocalStack) -> None:
        key = made(manage, "--kind", "server", "--scopes", "recommendations:read")
        number = str(id_of(prepared_stack, key))
        await_everywhere(lambda: status(closed_api, key) == 200)
        assert manage("keys", "revoke", number).stdout == "1 revoked, 0 were revoked before\n"
        await_everywhere(lambda: status(closed_api, key) == 401)
        assert manage("keys", "revoke", number).stdout == "0 revoked, 1 were revoked before\n"
        assert f"…{key[-4:]})" not in manage("keys", "list").stdout
        assert f"…{key[-4:]})" in manage("keys", "list", "--all").stdout

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (("make", "a", "--kind", "server"), "scopes: "),
            (("make", "a", "--kind", "browser", "--scopes", "keys:admin"), "A browser's key can be read by anybody"),
            (("make", "a", "--kind", "browser", "--origins", "shop.example"), "An origin is scheme and host"),
            (("make", "a", "--kind", "server", "--scopes", "views:write", "--days", "-1"), "expires_at: This is past."),
            (("make", "a", "--kind", "server", "--scopes", "all"), "invalid choice: 'all'"),
            (("revoke", "999999"), "There is none of that name"),
            (("rotate", "999999"), "There is none of that name"),
        ],
    )
    def test_what_is_wrong_is_said(self, manage: Manage, words: tuple[str, ...], sentence: str) -> None:
        done = manage("keys", *words)
        assert (done.returncode != 0, done.stdout) == (True, "")
        assert sentence in done.stderr


def test_a_key_expires_by_itself(closed_api: Api, make_key: MakeKey) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    key = make_key("recommendations:read", expires_at=moment)
    await_unknown(closed_api, key)
    assert_problem(
        whichever.get(f"{closed_api.url}{TRENDING}", headers=bearer(key)),
        401,
        "This key is not known, or no longer valid.",
    )


class TestByTheApi:
    def test_made_listed_rotated_and_revoked(self, administrator: httpx.Client, closed_api: Api) -> None:
        wanted = {"name": f"by-api-{uuid.uuid4()}", "kind": "sec", "scopes": ["recommendations:read"]}
        first = administrator.post("keys/", json=wanted)
        assert first.status_code == 201
        key = first.json()
        await_known(closed_api, key["key"])
        (listed,) = (each for each in administrator.get("keys/").json()["keys"] if each["name"] == wanted["name"])
        assert listed == {name: value for name, value in key.items() if name != "key"}
        rotated = administrator.post(f"keys/{key['id']}/rotate/", json={"overlap_seconds": 3600}).json()
        await_known(closed_api, rotated["key"])
        assert status(closed_api, key["key"]) == status(closed_api, rotated["key"]) == 200
        assert administrator.delete(f"keys/{key['id']}/").status_code == 204
        await_unknown(closed_api, key["key"])
        assert status(closed_api, rotated["key"]) == 200
        assert administrator.delete(f"keys/{key['id']}/").status_code == 204
        assert_problem(administrator.delete("keys/999999/"), 404, "There is no key 999999.")
        assert_problem(administrator.post(f"keys/{key['id']}/rotate/", json={}), 400, "revoked or expired")


class TestOrigins:
    def test_a_key_is_for_the_pages_it_names(self, stranger: httpx.Client, make_key: MakeKey) -> None:
        key = make_key(*BROWSER_SCOPES, kind="pub", origins=[SHOP])
        answer = stranger.get(TRENDING, headers=bearer(key, origin=SHOP))
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SHOP)
        answer = stranger.get(TRENDING, headers=bearer(key, origin=OTHER))
        assert_problem(answer, 403, "This key is not for pages of this origin.")
        assert "access-control-allow-origin" not in answer.headers
        for odd in ("null", f"{SHOP}.evil.example", SHOP.upper(), f"{SHOP}:8443", "http://www.shop.example"):
            assert_problem(stranger.get(TRENDING, headers=bearer(key, origin=odd)), 403)
        # A page of the same origin sends none with a GET.
        assert stranger.get(TRENDING, headers=bearer(key)).status_code == 200

    def test_a_browser_may_ask_before_it_sends_the_key(self, stranger: httpx.Client, make_key: MakeKey) -> None:
        origin = f"https://{uuid.uuid4()}.example"
        ask = {
            "origin": origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization,user-id,user-token",
        }
        assert "access-control-allow-origin" not in stranger.options(TRENDING, headers=ask).headers
        make_key(*BROWSER_SCOPES, kind="pub", origins=[origin])
        answer = stranger.options(TRENDING, headers=ask)
        assert answer.headers["access-control-allow-origin"] == origin
        allowed = answer.headers["access-control-allow-headers"].split(", ")
        assert {"authorization", "user-id", "user-token"} <= set(allowed)
        assert "access-control-allow-credentials" not in answer.headers


def test_the_last_use_is_written_in_the_end(closed_api: Api, make_key: MakeKey, prepared_stack: LocalStack) -> None:
    key = make_key("recommendations:read")
    number = id_of(prepared_stack, key)
    assert status(closed_api, key) == 200
    query = "SELECT last_used_at FROM access_keys WHERE id = %s"
    wait_until(lambda: execute(prepared_stack, query, number) != [(None,)], what="it is not written", pause=0.5)


class TestWithoutPostgres:
    """Its own API, and its own stop: no other test is to notice."""

    @pytest.fixture
    def api(self, prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
        folder = tmp_path_factory.mktemp("keys-api")
        closed = {"VITRINE_DEVELOPMENT_OPEN_TO": "", "VITRINE_MODEL_FOLDER": str(folder)}
        with serving(folder, **prepared_stack.environment() | closed) as running:
            await_ready(running)
            yield running

    def test_known_keys_count_and_changes_are_heard_when_it_is_back(
        self, api: Api, prepared_stack: LocalStack, make_key: MakeKey, manage: Manage
    ) -> None:
        key, another = make_key("recommendations:read"), make_key("recommendations:read")
        await_everywhere(lambda: status(api, key) == status(api, another) == 200)
        number = str(id_of(prepared_stack, key))
        prepared_stack.stop("postgres")
        try:
            await_everywhere(lambda: keys_state(api) == "stale")
            assert status(api, key) == 200
            assert status(api, f"vt_sec_{'A' * 43}") == 401
            done = manage("keys", "revoke", number)
            assert (done.returncode, done.stderr[:22]) == (1, "CommandError: Postgres"), done.stderr
            answer = whichever.get(f"{api.url}keys/", headers=bearer(key))
            assert answer.status_code == 403
        finally:
            prepared_stack.start("postgres")
        assert manage("keys", "revoke", number).returncode == 0
        await_everywhere(lambda: status(api, key) == 401)
        await_everywhere(lambda: keys_state(api) == "up")
        assert status(api, another) == 200

    def test_started_without_it_no_key_is_known_and_that_is_said(
        self, prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory, make_key: MakeKey
    ) -> None:
        key, folder = make_key("recommendations:read"), tmp_path_factory.mktemp("keys-api")
        nowhere = {
            **prepared_stack.environment(),
            "VITRINE_DEVELOPMENT_OPEN_TO": "",
            "VITRINE_MODEL_FOLDER": str(folder),
            "VITRINE_POSTGRES_PORT": "1",
        }
        with serving(folder, **nowhere) as api:
            await_ready(api)
            answer = whichever.get(f"{api.url}{TRENDING}", headers=bearer(key))
            assert_problem(answer, 503, "Postgres did not answer.")
            assert answer.headers["retry-after"] == "1"
            assert keys_state(api) == "unread"


def keys_state(api: Api) -> str:
    return str(whichever.get(f"{api.url}health/").json()["access"]["keys"])


class TestInTheAdmin:
    @pytest.fixture
    def admin(self, closed_api: Api, prepared_stack: LocalStack) -> Iterator[httpx.Client]:
        name = f"admin-{uuid.uuid4().hex}"
        environment = prepared_stack.environment() | {
            "VITRINE_ADMIN_USERNAME": name,
            "VITRINE_ADMIN_PASSWORD": PASSWORD,
        }
        subprocess.run([*MANAGE, "admin_user"], env={**os.environ, **environment}, check=True, capture_output=True)
        with httpx.Client(base_url=f"http://127.0.0.1:{closed_api.port}", timeout=120) as client:
            assert sign_in(client, name, PASSWORD).status_code == 302
            yield client

    def test_a_key_is_made_shown_once_rotated_and_revoked(
        self, admin: httpx.Client, closed_api: Api, prepared_stack: LocalStack
    ) -> None:
        name = f"in-admin-{uuid.uuid4()}"
        answer = post(admin, "/admin/access/key/add/", name=name, kind="sec", scopes="recommendations:read", origins="")
        assert answer.status_code == 200
        (key,) = set(SERVER_KEY.findall(answer.text))
        assert "no-store" in answer.headers["cache-control"]
        await_everywhere(lambda: status(closed_api, key) == 200)
        number = str(id_of(prepared_stack, key))
        assert key not in admin.get("/admin/access/key/").text
        assert key not in admin.get(f"/admin/access/key/{number}/change/").text
        answer = post(admin, "/admin/access/key/", action="rotate", _selected_action=number)
        (rotated,) = set(SERVER_KEY.findall(answer.text))
        await_everywhere(lambda: status(closed_api, rotated) == 200)
        post(admin, "/admin/access/key/", action="revoke", _selected_action=number)
        await_everywhere(lambda: status(closed_api, key) == 401)
        assert status(closed_api, rotated) == 200

    def test_what_cannot_be_is_said(self, admin: httpx.Client) -> None:
        answer = post(admin, "/admin/access/key/add/", name="a", kind="pub", scopes="keys:admin", origins="")
        assert "cannot have keys:admin" in answer.text
        answer = post(admin, "/admin/access/signer/add/", kid="a", public_key="nonsense")
        assert "not a public key in PEM form" in answer.text

    def test_tokens_of_a_person_are_revoked(self, admin: httpx.Client, prepared_stack: LocalStack) -> None:
        person = f"user-{uuid.uuid4()}"
        assert post(admin, "/admin/access/revocation/add/", person=person).status_code == 302
        query = "SELECT count(*) FROM access_revocations WHERE person = %s"
        assert execute(prepared_stack, query, person) == [(1,)]
