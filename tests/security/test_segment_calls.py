"""Segment's calls on the real servers: what is taken, and what is said of what is not."""

import base64
import gzip
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import NO_SERVERS, Api, serving
from tests.integration.metrics import shown_at
from tests.security.conftest import MakeKey, Sign, bearer
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("consumer")


@dataclass(frozen=True)
class Door:
    client: httpx.Client
    administrator: httpx.Client
    server_key: str
    browser_key: str

    def post(self, call: str, body: object, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"v1/{call}", json=body, headers=sent)

    def from_server(self, call: str, body: object) -> httpx.Response:
        return self.post(call, body, **basic(self.server_key))

    def products(self, person: str) -> list[str]:
        """Viewed by a person, newest first."""
        answer = self.administrator.get("user_nav_history_latest_products/", headers={"user-id": person})
        found: list[str] = answer.json()["products"]
        return found

    def await_products(self, person: str, *products: str) -> None:
        wait_until(
            lambda: self.products(person) == list(products),
            what=lambda: f"{self.products(person)} are not {products}",
        )


@pytest.fixture(scope="module")
def door(closed_api: Api, administrator: httpx.Client, make_key: MakeKey) -> Iterator[Door]:
    keys = make_key("views:write"), make_key("views:write", kind="pub")
    with httpx.Client(base_url=closed_api.url.removesuffix("api/v1/"), timeout=120) as client:
        yield Door(client, administrator, *keys)


@pytest.fixture
def person() -> str:
    return f"person-{uuid.uuid4()}"


def viewed(product: str = "lamp-1", **more: object) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "track", "event": "Product Viewed", "properties": {"product_id": product}}
    return message | {"messageId": str(uuid.uuid4())} | more


def basic(key: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


def taken(answer: httpx.Response, accepted: int) -> None:
    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": accepted, "ignored": []})


def test_a_message_is_an_event(door: Door, person: str) -> None:
    taken(door.from_server("track", viewed(userId=person)), 1)
    door.await_products(person, "lamp-1")


def test_a_message_that_is_sent_again_is_one_event(door: Door, person: str) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime())
    first, second = (viewed(product, userId=person, timestamp=moment) for product in ("lamp-1", "lamp-2"))
    for messages in ([first], [first, second], [first]):
        taken(door.from_server("batch", {"batch": messages}), len(messages))
    later = {**viewed("lamp-3", userId=person), "timestamp": moment.replace(".123Z", ".999Z")}
    taken(door.from_server("batch", {"batch": [later]}), 1)
    wait_until(lambda: "lamp-3" in door.products(person), what=lambda: str(door.products(person)))
    views = door.administrator.get(f"people/{person}/export/").json()["views"]
    assert sorted(each["product-id"] for each in views) == ["lamp-1", "lamp-2", "lamp-3"]


@pytest.mark.parametrize("call", ["t", "track", "b", "batch"])
@pytest.mark.parametrize("way", ["basic", "bearer", "body", "text body", "gzip", "chunks"])
def test_each_way_in(door: Door, person: str, call: str, way: str) -> None:
    message = viewed(userId=person)
    body: dict[str, Any] = message if call.startswith("t") else {"batch": [message]}
    headers = {"content-type": "application/json"}
    match way:
        case "basic" | "gzip" | "chunks":
            headers |= basic(door.server_key)
        case "bearer":
            headers["authorization"] = f"Bearer {door.server_key}"
        case "body" | "text body":
            body["writeKey"] = door.server_key
    if way == "text body":
        # As a page sends it: no preflight is asked for.
        headers["content-type"] = "text/plain"
    content = json.dumps(body).encode()
    if way == "gzip":
        content, headers["content-encoding"] = gzip.compress(content), "gzip"
    sent: Any = iter([content[:20], content[20:]]) if way == "chunks" else content
    taken(door.client.post(f"v1/{call}", content=sent, headers=headers), 1)
    door.await_products(person, "lamp-1")


def test_each_message_of_a_batch_is_judged_for_itself(door: Door, person: str) -> None:
    messages = [
        viewed(userId=person, messageId="m-0"),
        {"type": "page", "userId": person, "messageId": "m-1", "properties": {"url": "https://www.shop.example/"}},
        {"type": "track", "userId": person, "messageId": "m-2", "event": "Signed Up"},
        viewed(messageId="m-3"),
        {"type": "delete", "userId": person, "messageId": "m-4"},
        5,
        viewed("lamp 2", userId=person, messageId="m-6"),
        {"type": "identify", "userId": "a b", "anonymousId": "7", "messageId": "m-7"},
    ]
    answer = door.from_server("batch", {"batch": messages})
    found = answer.json()
    assert_problem(answer, 400, "6 of 8 messages were refused; the others were taken.")
    assert (found["code"], found["message"], found["accepted"]) == ("Bad Request", found["detail"], 1)
    assert [(each["index"], each["messageId"]) for each in found["ignored"]] == [(1, "m-1")]
    said = {each["index"]: (each["messageId"], each["reason"]) for each in found["errors"]}
    assert said.keys() == {2, 3, 4, 5, 6, 7}
    for index, (identity, reason) in {
        2: ("m-2", "nothing is kept of 'Signed Up'"),
        3: ("m-3", "neither `userId` nor `anonymousId` is there"),
        4: ("m-4", "`type` is none of track, "),
        5: (None, "Expected `object`"),
        6: ("m-6", "'lamp 2'"),
        7: ("m-7", "`userId` or the visitor's id is not 1 to 128"),
    }.items():
        assert said[index][0] == identity
        assert reason in said[index][1]
    door.await_products(person, "lamp-1")


def test_a_count_tells_what_was_refused_of_which_key(door: Door, make_key: MakeKey, person: str) -> None:
    key = make_key("views:write")
    keys = door.administrator.get("keys/").json()["keys"]
    number = max(each["id"] for each in keys if key.endswith(each["ending"]))
    messages = [viewed(userId=person), viewed(), viewed(), {"type": "page", "userId": person}]
    assert door.post("batch", {"batch": messages}, **basic(key)).status_code == 400
    shown = shown_at(f"{door.administrator.base_url}metrics/", door.administrator.headers)
    counted = {
        outcome: shown.value("vitrine_api_segment_messages_total", key=str(number), outcome=outcome)
        for outcome in ("accepted", "ignored", "no person")
    }
    assert counted == {"accepted": 1, "ignored": 1, "no person": 2}


class TestOfABrowser:
    def test_an_event_is_the_visitors(self, door: Door, person: str) -> None:
        """Whatever the page says of who is signed in."""
        visitor = uuid.uuid4()
        message = viewed(anonymousId=str(visitor), userId=person, writeKey=door.browser_key)
        taken(door.client.post("v1/t", json=message), 1)
        door.await_products(f"anon-{visitor.hex}", "lamp-1")
        door.await_products(person)

    def test_an_event_is_the_customers_with_their_token(self, door: Door, sign: Sign, person: str) -> None:
        message = viewed(anonymousId=str(uuid.uuid4()), userId=person, writeKey=door.browser_key)
        taken(door.client.post("v1/t", json=message, headers={"user-token": sign(person)}), 1)
        door.await_products(person, "lamp-1")

    def test_nothing_is_written_for_who_can_be_guessed(self, door: Door, sign: Sign, person: str) -> None:
        another = {"user-token": sign(f"another-{person}")}
        for message, reason in (
            (viewed(userId=person), "send a user token"),
            (viewed(anonymousId=person), "must be a random UUID"),
            (viewed(anonymousId="00000000-0000-4000-8000-000000000001"), "must be a random UUID"),
            (viewed(anonymousId=str(uuid.uuid1())), "must be a random UUID"),
        ):
            for headers in ({}, another):
                answer = door.client.post("v1/t", json={**message, "writeKey": door.browser_key}, headers=headers)
                assert_problem(answer, 400, "1 of 1 messages were refused")
                assert reason in answer.json()["errors"][0]["reason"]

    def test_a_page_of_the_shop_may_read_the_answer(self, door: Door, make_key: MakeKey) -> None:
        origin = "https://segment.shop.example"
        key = make_key("views:write", kind="pub", origins=[origin])
        message = viewed(anonymousId=str(uuid.uuid4()), writeKey=key)
        answer = door.client.post("v1/t", json=message, headers={"origin": origin, "content-type": "text/plain"})
        taken(answer, 1)
        assert answer.headers["access-control-allow-origin"] == origin
        elsewhere = door.client.post("v1/t", json=message, headers={"origin": "https://elsewhere.example"})
        assert_problem(elsewhere, 403, "This key is not for pages of this origin.")
        asked = {"origin": origin, "access-control-request-method": "POST"}
        preflight = door.client.options(
            "v1/batch", headers={**asked, "access-control-request-headers": "authorization,content-type,x-retry-count"}
        )
        assert preflight.headers["access-control-allow-origin"] == origin
        assert "x-retry-count" in preflight.headers["access-control-allow-headers"]


class TestAKey:
    def test_is_asked_for(self, door: Door, person: str) -> None:
        bodies: list[object] = [viewed(userId=person), viewed(userId=person, writeKey=None), [], 5]
        for body in bodies:
            assert_problem(door.client.post("v1/track", json=body), 401, "A key is missing")

    @pytest.mark.parametrize("text", ["", "write-key", "vt_sec_", f"vt_sec_{'A' * 43}"])
    def test_that_is_none_is_refused(self, door: Door, person: str, text: str) -> None:
        assert_problem(door.client.post("v1/track", json=viewed(userId=person, writeKey=text)), 401)
        assert_problem(door.post("track", viewed(userId=person), **basic(text)), 401)

    @pytest.mark.parametrize("header", ["Basic", "Basic \u00e9", "Basic dnRf", "Basic ====", "Digest x"])
    def test_that_cannot_be_read_is_refused(self, door: Door, person: str, header: str) -> None:
        answer = door.client.post("v1/track", json=viewed(userId=person), headers={b"authorization": header.encode()})
        assert_problem(answer, 401)

    def test_needs_the_scope(self, door: Door, make_key: MakeKey, person: str) -> None:
        answer = door.client.post("v1/track", json=viewed(userId=person, writeKey=make_key("history:read")))
        assert_problem(answer, 403, "The key has no scope views:write.")


@pytest.mark.parametrize(
    ("call", "content", "encoding", "refusal"),
    [
        ("batch", b"", None, (400, "not what is asked for")),
        ("batch", b"{}", None, (400, "`batch` must be a list of 1 to 500 messages.")),
        ("batch", b'{"batch":[]}', None, (400, "`batch` must be")),
        ("batch", b'{"batch":[' + b"{}," * 500 + b"{}]}", None, (400, "`batch` must be")),
        ("batch", b'{"batch":{}}', None, (400, "`$.batch`")),
        ("track", b"[]", None, (400, "not what is asked for")),
        ("track", b"\xff", None, (400, "not what is asked for")),
        ("track", b" " * (2 * 1024 * 1024 + 1), None, (413, "no more than")),
        ("track", b"not gzip", "gzip", (400, "not gzip")),
        ("track", gzip.compress(b'{"a": 1}')[:-5], "gzip", (400, "ends too early")),
        ("track", gzip.compress(b" " * 20_000_000), "gzip", (413, "unpacked")),
        ("track", b"{}", "br", (415, "must be gzip")),
    ],
    ids=lambda value: "" if not isinstance(value, str) else str(value),
)
def test_a_body_that_cannot_be_read_is_refused(
    door: Door, call: str, content: bytes, encoding: str | None, refusal: tuple[int, str]
) -> None:
    headers = {} if encoding is None else {"content-encoding": encoding}
    answer = door.client.post(f"v1/{call}", content=content, headers={**basic(door.server_key), **headers})
    assert_problem(answer, *refusal)


@pytest.mark.parametrize("path", ["v1/", "v1/track/", "v1/tracks", "v1/x", "v1", "V1/track"])
def test_there_is_nothing_else(door: Door, path: str) -> None:
    assert_problem(door.client.post(path, json=viewed(userId="user-1"), headers=basic(door.server_key)), 404)
    assert_problem(door.client.get("v1/track", headers=basic(door.server_key)), 405)


def test_carts_are_bounded_as_those_of_events(door: Door, person: str) -> None:
    lines = [{"product_id": f"p-{number}"} for number in range(200)]
    orders = [
        {
            "type": "track",
            "event": "Order Completed",
            "userId": person,
            "properties": {"order_id": f"o-{number}", "products": lines},
        }
        for number in range(11)
    ]
    answer = door.from_server("batch", {"batch": orders})
    assert_problem(answer, 400, "must hold no more than 2000 products")


def test_every_refusal_is_one_that_libraries_for_python_read(door: Door) -> None:
    """Without code and message they take it for a lost connection, and send all again."""
    key = basic(door.server_key)
    for answer, status in (
        (door.client.post("v1/batch", json={}), 401),
        (door.client.post("v1/batch", json={}, headers=key), 400),
        (door.client.post("v1/batch", content=b" " * 3_000_000, headers=key), 413),
        (door.client.get("v1/batch", headers=key), 405),
    ):
        found = assert_problem(answer, status)
        assert (found["code"], found["message"]) == (found["title"], found["detail"])


def test_without_kafka_a_library_is_told_to_try_again(tmp_path_factory: pytest.TempPathFactory, person: str) -> None:
    with serving(tmp_path_factory.mktemp("api"), **NO_SERVERS) as lonely:
        url = lonely.url.replace("api/v1/", "v1/track")
        answer = httpx.post(url, json=viewed(userId=person), timeout=120)
        assert_problem(answer, 503, "Kafka did not answer.")
        assert answer.headers["retry-after"] == "1"
        # What needs no Kafka is answered all the same.
        assert httpx.post(url, json=viewed(), timeout=120).status_code == 400


class TestIdentify:
    def test_what_a_visitor_viewed_is_the_customers(self, door: Door, person: str) -> None:
        visitor = str(uuid.uuid4())
        messages = [
            viewed("lamp-1", anonymousId=visitor),
            {"type": "identify", "userId": person, "anonymousId": visitor, "traits": {"email": "a@shop.example"}},
            viewed("lamp-2", userId=person, anonymousId=visitor),
        ]
        taken(door.from_server("batch", {"batch": messages}), 3)
        wait_until(lambda: set(door.products(person)) == {"lamp-1", "lamp-2"}, what=lambda: str(door.products(person)))
        # Once more, it changes nothing.
        taken(door.from_server("identify", messages[1]), 1)
        assert set(door.products(person)) == {"lamp-1", "lamp-2"}

    def test_alias_names_the_id_before(self, door: Door, person: str) -> None:
        till = f"till-{uuid.uuid4()}"
        taken(door.from_server("track", viewed(anonymousId=till)), 1)
        taken(door.from_server("alias", {"userId": person, "previousId": till}), 1)
        door.await_products(person, "lamp-1")
        door.await_products(f"visitor:{till}", "lamp-1")

    def test_two_who_are_identified_in_turn_in_one_batch_are_not_joined(self, door: Door) -> None:
        visitor, ann, bob = f"{uuid.uuid4()}", f"ann-{uuid.uuid4()}", f"bob-{uuid.uuid4()}"
        began = time.time() - 60

        def at(seconds: float) -> str:
            return datetime.fromtimestamp(began + seconds, UTC).isoformat(timespec="milliseconds")

        messages = [
            viewed("of-ann", anonymousId=visitor, timestamp=at(5)),
            *({"type": "identify", "userId": ann, "anonymousId": visitor, "timestamp": at(each)} for each in (7, 10)),
            viewed("of-bob", anonymousId=visitor, timestamp=at(15)),
            {"type": "identify", "userId": bob, "anonymousId": visitor, "timestamp": at(20)},
            {"type": "identify", "userId": ann, "anonymousId": visitor, "timestamp": at(30)},
        ]
        taken(door.from_server("batch", {"batch": messages}), 6)
        door.await_products(bob, "of-bob")
        door.await_products(ann, "of-ann")

    def test_without_a_visitor_there_is_nothing_in_it(self, door: Door, person: str) -> None:
        answer = door.from_server("identify", {"userId": person, "messageId": "m-1", "traits": {"plan": "free"}})
        assert (answer.status_code, answer.json()["accepted"]) == (200, 0)
        assert answer.json()["ignored"][0]["messageId"] == "m-1"

    def test_a_page_needs_the_customers_token(self, door: Door, sign: Sign, person: str) -> None:
        """Else whoever knows a customer's id would lay views of their own into that history."""
        visitor = str(uuid.uuid4())
        message = {"userId": person, "anonymousId": visitor, "writeKey": door.browser_key}
        taken(door.client.post("v1/t", json=viewed(anonymousId=visitor, writeKey=door.browser_key)), 1)
        another = {"user-token": sign(f"another-{person}")}
        for headers in ({}, another):
            answer = door.client.post("v1/i", json=message, headers=headers)
            assert_problem(answer, 400, "1 of 1 messages were refused")
            assert "send a user token" in answer.json()["errors"][0]["reason"]
        guessed = {**message, "anonymousId": "till-3"}
        assert_problem(door.client.post("v1/i", json=guessed, headers={"user-token": sign(person)}), 400)
        assert door.products(person) == []
        taken(door.client.post("v1/i", json=message, headers={"user-token": sign(person)}), 1)
        door.await_products(person, "lamp-1")


class TestMerging:
    """A page joins its own visitor to who is signed in, and nobody else."""

    @pytest.fixture
    def visitor(self) -> str:
        return f"anon-{uuid.uuid4().hex}"

    def merge(self, api: Api, key: str, visitor: str, person: str, **headers: str) -> httpx.Response:
        body = {"visitor-id": visitor, "user-id": person}
        sent = bearer(key, **headers)
        return httpx.post(f"{api.url}people/merge/", json=body, headers=sent, timeout=120)

    def test_with_the_customers_token(self, closed_api: Api, door: Door, sign: Sign, visitor: str, person: str) -> None:
        answer = self.merge(closed_api, door.browser_key, visitor, person, user_token=sign(person))
        assert answer.status_code == 200, answer.text

    def test_not_without_it(self, closed_api: Api, door: Door, sign: Sign, visitor: str, person: str) -> None:
        for headers in ({}, {"user_token": sign(f"another-{person}")}):
            answer = self.merge(closed_api, door.browser_key, visitor, person, **headers)
            assert_problem(answer, 403, f"A browser's key is not enough for {person}")

    def test_nobody_who_can_be_guessed(self, closed_api: Api, door: Door, sign: Sign, person: str) -> None:
        for guess in ("visitor:7", f"anon-{'0' * 31}1"):
            answer = self.merge(closed_api, door.browser_key, guess, person, user_token=sign(person))
            assert_problem(answer, 403, f"A browser's key is not enough for {guess}")
