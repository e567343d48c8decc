"""What a key and an address may ask for; and that nobody keeps the others from being answered."""

import re
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from api.access.scopes import BROWSER_SCOPES
from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api, await_ready, serving
from tests.security.conftest import MakeKey, await_everywhere, bearer, some_address, whichever

TRENDING = "products/trending/"
KEY_LIMIT, ADDRESS_LIMIT = 300, 60


@pytest.fixture(scope="module")
def api(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Three processes with limits that are soon reached, behind a proxy on this machine."""
    folder = tmp_path_factory.mktemp("limits-api")
    few = {
        "VITRINE_DEVELOPMENT_OPEN_TO": "",
        "VITRINE_MODEL_FOLDER": str(folder),
        "VITRINE_API_WORKERS": "3",
        "VITRINE_KEY_LIMIT_PER_MINUTE": str(KEY_LIMIT),
        "VITRINE_ADDRESS_LIMIT_PER_MINUTE": str(ADDRESS_LIMIT),
        "VITRINE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    with serving(folder, **prepared_stack.environment() | few) as running:
        await_ready(running)
        yield running


def server_key(make_key: MakeKey, api: Api, **columns: object) -> str:
    key = make_key("recommendations:read", "views:write", **columns)
    await_everywhere(lambda: whichever.options(f"{api.url}events/", headers=bearer(key)).status_code != 401)
    return key


def browser_key(make_key: MakeKey, api: Api, **columns: object) -> str:
    key = make_key(*BROWSER_SCOPES, kind="pub", **columns)
    options = {"x-forwarded-for": some_address()}
    await_everywhere(
        lambda: whichever.options(f"{api.url}events/", headers={**bearer(key), **options}).status_code != 401
    )
    return key


def get(api: Api, key: str, address: str | None = None, path: str = TRENDING) -> httpx.Response:
    forwarded = {"x-forwarded-for": address} if address else {}
    return whichever.get(f"{api.url}{path}", headers={**bearer(key), **forwarded})


def remaining(answer: httpx.Response, kind: str) -> int:
    (found,) = re.findall(rf'"{kind}";r=(\d+);t=\d+', answer.headers["ratelimit"])
    return int(found)


def taken(answers: list[httpx.Response]) -> int:
    assert {answer.status_code for answer in answers} <= {200, 429}
    return sum(answer.status_code == 200 for answer in answers)


def test_an_answer_says_what_is_left(api: Api, make_key: MakeKey) -> None:
    key, address = browser_key(make_key, api), some_address()
    before = get(api, key, address)
    expected = f'"key";q={KEY_LIMIT};w=60, "address";q={ADDRESS_LIMIT};w=60'
    assert before.headers["ratelimit-policy"] == expected
    after = get(api, key, address)
    # What comes back in the meantime is less than what one request takes, on the slowest machine a little more.
    assert remaining(after, "address") <= remaining(before, "address")
    assert remaining(after, "key") <= remaining(before, "key") < KEY_LIMIT


@pytest.mark.parametrize("threads", [1, 16])
def test_a_key_gets_its_limit_and_no_more_however_many_ask_at_once(api: Api, make_key: MakeKey, threads: int) -> None:
    """One atomic step: with a read and a write after it, those who ask at once would all see what only one may take."""
    limit, asked = 30, 90
    key = server_key(make_key, api, requests_per_minute=limit)
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(lambda _: get(api, key), range(asked)))
    came_back = (time.monotonic() - began) * limit / 60
    assert limit - 1 <= taken(answers) <= limit + came_back + 1
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert_problem(refused, 429, f"This key may ask for a weight of {limit} a minute: wait")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert remaining(refused, "key") == 0


def test_after_retry_after_it_goes_on(api: Api, make_key: MakeKey) -> None:
    key = server_key(make_key, api, requests_per_minute=60)
    answers = [get(api, key) for _ in range(80)]
    (*_, refused) = answers
    assert refused.status_code == 429
    time.sleep(int(refused.headers["retry-after"]))
    assert get(api, key).status_code == 200


def test_an_address_has_a_limit_whatever_stands_before_it(api: Api, make_key: MakeKey) -> None:
    """Only what the proxy itself has seen counts: whatever the sender claims stands further left."""
    key, address = browser_key(make_key, api, requests_per_minute=100_000), some_address()
    answers = [get(api, key, f"{uuid.uuid4()}, 10.0.0.{number}, {address}") for number in range(2 * ADDRESS_LIMIT)]
    assert taken(answers) < 1.5 * ADDRESS_LIMIT
    assert_problem(answers[-1], 429, f"This address may ask for a weight of {ADDRESS_LIMIT} a minute")
    # Another address of the same network of one customer.
    assert get(api, key, address.replace("::1", "::beef:2")).status_code == 429
    assert get(api, key, some_address()).status_code == 200


def test_a_refused_request_takes_nothing(api: Api, make_key: MakeKey) -> None:
    """One address that asks too much does not use up the key of all shoppers."""
    key, address = browser_key(make_key, api), some_address()
    for _ in range(3 * ADDRESS_LIMIT):
        get(api, key, address)
    assert remaining(get(api, key, some_address()), "key") > KEY_LIMIT - 2 * ADDRESS_LIMIT


def test_a_server_has_no_limit_by_address(api: Api, make_key: MakeKey) -> None:
    key, address = server_key(make_key, api), some_address()
    answers = [get(api, key, address) for _ in range(ADDRESS_LIMIT + 20)]
    assert taken(answers) == len(answers)
    assert "address" not in answers[0].headers["ratelimit"]


def test_a_body_weighs_what_it_takes(api: Api, make_key: MakeKey) -> None:
    key = server_key(make_key, api)
    view = {
        "event": "ProductView",
        "userid": "user-78",
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
    }
    light = get(api, key)
    views = [{**view, "messageid": str(uuid.uuid4())} for _ in range(500)]
    answer = whichever.post(f"{api.url}events/", json=views, headers=bearer(key))
    assert answer.status_code == 202
    assert remaining(light, "key") - remaining(answer, "key") > 5
    # Of a length that nobody has stated: the most it could be.
    chunked = whichever.post(
        f"{api.url}events/", content=iter([b"[]"]), headers={**bearer(key), "content-type": "application/json"}
    )
    assert remaining(answer, "key") - remaining(chunked, "key") > 200


def test_whoever_has_no_key_is_counted_by_address(api: Api) -> None:
    forwarded = {"x-forwarded-for": some_address()}
    statuses = [whichever.get(f"{api.url}{TRENDING}", headers=forwarded).status_code for _ in range(2 * ADDRESS_LIMIT)]
    assert set(statuses) == {401, 429}
    assert statuses[0] == 401
    bad = {**forwarded, "authorization": f"Bearer vt_sec_{'A' * 43}"}
    assert whichever.get(f"{api.url}{TRENDING}", headers=bad).status_code == 429
    assert whichever.get(f"{api.url}health/live/", headers=forwarded).status_code == 200


def test_passwords_cannot_be_tried_by_the_thousand(api: Api) -> None:
    page = f"http://127.0.0.1:{api.port}/admin/login/"
    forwarded = {"x-forwarded-for": some_address()}
    statuses = [whichever.post(page, data={"username": "admin"}, headers=forwarded).status_code for _ in range(20)]
    assert statuses[-1] == 429
    answer = whichever.post(page, data={"username": "admin"}, headers=forwarded)
    assert int(answer.headers["retry-after"]) >= 1
    assert whichever.get(page, headers=forwarded).status_code == 200


class TestWithoutValkey:
    def test_each_process_has_limits_of_its_own(
        self, prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory, make_key: MakeKey
    ) -> None:
        folder, limit, workers = tmp_path_factory.mktemp("limits-api"), 30, 2
        nowhere = {
            "VITRINE_DEVELOPMENT_OPEN_TO": "",
            "VITRINE_MODEL_FOLDER": str(folder),
            "VITRINE_API_WORKERS": str(workers),
            "VITRINE_VALKEY_URL": "redis://127.0.0.1:1",
        }
        with serving(folder, **prepared_stack.environment() | nowhere) as api:
            await_ready(api)
            key = server_key(make_key, api, requests_per_minute=limit)
            began = time.monotonic()
            answers = [get(api, key) for _ in range(4 * workers * limit)]
            came_back = (time.monotonic() - began) * limit / 60 * workers
            assert limit - 1 <= taken(answers) <= workers * limit + came_back + workers
            assert whichever.get(f"{api.url}health/").json()["access"]["limits"] == "each"


@pytest.mark.parametrize("sends", ["half a head", "half a body", "nothing"])
def test_slow_clients_do_not_keep_others_from_being_answered(closed_api: Api, make_key: MakeKey, sends: str) -> None:
    """Far more of them than the processes have threads."""
    key = make_key("views:write", "recommendations:read")
    head = (
        f"POST /api/v1/events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n"
    )
    sent = {"half a head": head, "half a body": f"{head}\r\n[", "nothing": ""}[sends].encode()
    with ExitStack() as open_connections:
        for _ in range(64):
            connection = open_connections.enter_context(socket.create_connection(("127.0.0.1", closed_api.port)))
            connection.sendall(sent)
        time.sleep(0.5)
        for _ in range(20):
            answer = whichever.get(f"{closed_api.url}{TRENDING}", headers=bearer(key))
            assert answer.status_code == 200
        if sends == "half a body":
            connection.settimeout(60)
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_is_too_large_is_refused(closed_api: Api) -> None:
    for header in ({"x-large": "x" * 200_000}, {f"x-{number}": "x" for number in range(500)}):
        try:
            answer = whichever.get(f"{closed_api.url}health/live/", headers=header)
        except httpx.TransportError:
            continue  # closed while it was still being sent
        assert answer.status_code in {400, 431}
    assert whichever.get(f"{closed_api.url}health/live/").status_code == 200
