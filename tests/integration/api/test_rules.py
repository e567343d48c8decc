"""Rules on the real servers: made by API and in the admin, followed by every process, previewed."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg2.errors
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.integration.api.shop import RECOMMENDATIONS, Shop
from tests.integration.api.test_admin import admin, execute, login, post, visitor
from tests.integration.api.test_outages import stopped
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.waiting import wait_until
from vitrine.settings import CassandraSettings, load

__all__ = ["admin", "login", "visitor"]

# From the oldest to the newest; nothing was sold.
CATALOGUE = {"a0": "A", "a1": "A", "p0": "A > B", "p1": "A > B", "b0": "B", "b1": "B"}
NEWEST = list(reversed(CATALOGUE))
TRENDING = "products/trending/"
PIN = {"name": "Autumn sale", "kind": "pin", "products": ["a0"], "position": 2}
HIDE = {"name": "Recall", "kind": "hide", "category": "A"}
ADD = "/admin/rules/rule/add/"


@pytest.fixture(scope="module")
def shop(prepared_stack: LocalStack, api: Api) -> Iterator[Shop]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        made = Shop(session, views, api)
        made.clear()
        made.stock(CATALOGUE)
        made.await_products("nobody", NEWEST)
        yield made
        made.clear()


@pytest.fixture(autouse=True)
def _no_rules(prepared_stack: LocalStack, shop: Shop) -> Iterator[None]:
    yield
    execute(prepared_stack, "DELETE FROM rules")
    shop.await_products("nobody", NEWEST)


def made(client: httpx.Client, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - anything that JSON has
    answer = client.post("rules/", json=body)
    assert answer.status_code == 201, answer.text
    rule: dict[str, Any] = answer.json()
    return rule


def await_list(shop: Shop, path: str, expected: list[str], **parameters: str) -> None:
    """Until every process answers so."""

    def answers() -> bool:
        return all(shop.ask(path, "nobody", **parameters)["products"] == expected for _ in range(10))

    wait_until(answers, what=lambda: str(shop.ask(path, "nobody", **parameters)))


def form(**changed: str) -> dict[str, str]:
    """What the admin's form of a rule sends."""
    empty = dict.fromkeys(("category", "placement", "page_category", "position", "strength"), "")
    times = dict.fromkeys(("starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"), "")
    return {**empty, **times, "name": "Autumn sale", "kind": "pin", "products": "a0", "priority": "0", **changed}


class TestAnswers:
    def test_a_rule_counts_in_every_process_until_it_is_deleted(self, shop: Shop, client: httpx.Client) -> None:
        rule = made(client, **PIN)
        shop.await_products("nobody", ["b1", "a0", "b0", "p1", "p0", "a1"])
        assert client.patch(f"rules/{rule['id']}/", json={"position": 1}).status_code == 200
        shop.await_products("nobody", ["a0", "b1", "b0", "p1", "p0", "a1"])
        assert client.delete(f"rules/{rule['id']}/").status_code == 204
        shop.await_products("nobody", NEWEST)

    def test_a_rule_that_is_written_by_other_ways_counts(self, shop: Shop, prepared_stack: LocalStack) -> None:
        statement = """
            INSERT INTO rules (name, kind, products, strength, priority, created_at, changed_at)
            VALUES ('By hand', 'boost', '{a0}', 7, 0, now(), now())
        """
        execute(prepared_stack, statement)
        shop.await_products("nobody", ["a0", *NEWEST[:-1]])
        execute(prepared_stack, "TRUNCATE rules")
        shop.await_products("nobody", NEWEST)

    def test_each_product_says_which_rule_did_what(self, shop: Shop, client: httpx.Client) -> None:
        rules = [made(client, **PIN), made(client, name="Clearance", kind="bury", category="B", strength=2)]
        pin, bury = (f"rule {rule['id']} ({rule['name']})" for rule in rules)
        shop.await_products("nobody", ["b1", "a0", "p1", "b0", "p0", "a1"])
        explained = shop.recommendations("nobody", explain="true")["explanations"]
        buried = {"source": "newest", "reason": f"new in the catalogue; buried by {bury}"}
        assert explained[:2] == [
            {"product": "b1", **buried},
            {"product": "a0", "source": "rule", "reason": f"pinned by {pin}"},
        ]
        assert shop.recommendations("nobody")["type"] == "non-personalized"

    def test_what_is_hidden_is_in_no_list(self, shop: Shop, client: httpx.Client) -> None:
        made(client, **HIDE)
        made(client, **PIN)
        shop.await_products("nobody", ["b1", "b0"])
        await_list(shop, TRENDING, ["b1", "b0"])
        await_list(shop, "products/a1/similar/", [])

    def test_a_placement_and_a_page_have_rules_of_their_own(self, shop: Shop, client: httpx.Client) -> None:
        made(client, **PIN, placement="home")
        await_list(shop, RECOMMENDATIONS, ["b1", "a0"], placement="home", limit="2")
        await_list(shop, TRENDING, ["b1", "a0"], placement="home", limit="2")
        for placement in ({}, {"placement": "cart"}):
            assert shop.recommendations("nobody", limit=2, **placement)["products"] == ["b1", "b0"]
        made(client, **PIN | {"position": 1}, page_category="A")
        await_list(shop, "products/p1/similar/", ["a0", "p0"])
        await_list(shop, "products/b1/similar/", ["b0"])
        assert shop.recommendations("nobody", limit=1)["products"] == ["b1"]

    def test_a_rule_counts_in_its_time(self, shop: Shop, client: httpx.Client) -> None:
        over = made(client, **PIN, ends_at="2026-01-01T00:00:00Z")
        later = made(client, **PIN, starts_at="2199-01-01T00:00:00+00:00")
        now = made(client, **HIDE, starts_at="2026-01-01T00:00:00Z", ends_at="2199-01-01T00:00:00Z")
        assert [rule["state"] for rule in (over, later, now)] == ["over", "later", "now"]
        shop.await_products("nobody", ["b1", "b0"])

    @pytest.mark.parametrize("placement", ["", "a b", "p" * 129])
    def test_a_placement_is_an_id(self, lonely_client: httpx.Client, placement: str) -> None:
        for path in (RECOMMENDATIONS, TRENDING, "products/a0/similar/"):
            answer = lonely_client.get(path, params={"placement": placement}, headers={"user-id": "user-78"})
            assert_problem(answer, 400, "The query parameter placement must be 1 to 128 characters of A-Z")


class TestApi:
    def test_the_life_of_a_rule(self, client: httpx.Client) -> None:
        rule = made(client, **PIN, priority=3)
        path = f"rules/{rule['id']}/"
        nothing = dict.fromkeys(("category", "placement", "page_category", "starts_at", "ends_at", "strength"))
        own = {name: rule[name] for name in ("id", "created_at", "changed_at")}
        assert rule == {**own, **nothing, **PIN, "priority": 3, "state": "now"}
        assert client.get(path).json() == rule
        second = made(client, **HIDE)
        assert client.get("rules/").json() == {"rules": [rule, second]}
        changed = client.patch(path, json={"placement": "home", "ends_at": "2026-11-30T12:00:00Z"}).json()
        assert changed["changed_at"] > rule["changed_at"]
        assert {**changed, "changed_at": rule["changed_at"], "state": "now"} == {
            **rule,
            "placement": "home",
            "ends_at": "2026-11-30T12:00:00Z",
        }
        replaced = client.put(path, json=HIDE).json()
        assert {name: replaced[name] for name in ("id", "created_at")} == {
            "id": rule["id"],
            "created_at": rule["created_at"],
        }
        assert {name: replaced[name] for name in second if name not in own} == {
            name: second[name] for name in second if name not in own
        }
        assert client.delete(path).status_code == 204
        for method in ("GET", "DELETE", "PUT", "PATCH"):
            answer = client.request(method, path, json=HIDE if method.startswith("P") else None)
            assert_problem(answer, 404, f"There is no rule {rule['id']}.")

    def test_all_that_is_wrong_is_named(self, client: httpx.Client) -> None:
        body = {"kind": "pin", "products": ["a b"], "strength": 2, "starts_at": "tomorrow", "color": "red"}
        detail = assert_problem(client.post("rules/", json=body), 400)["detail"]
        for field in ("name", "products", "position", "strength", "starts_at", "color"):
            assert f"{field}: " in detail
        rule = made(client, **PIN)
        assert_problem(client.patch(f"rules/{rule['id']}/", json={"kind": "boost"}), 400, "position: A boost has no")
        assert_problem(client.put(f"rules/{rule['id']}/", json={}), 400, "kind: This field cannot be blank.")
        assert client.get(f"rules/{rule['id']}/").json() == rule

    @pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b'{"name": "\xff"}', b"[" * 100_000])
    def test_what_is_no_object_is_refused(self, client: httpx.Client, content: bytes) -> None:
        for path in ("rules/", "rules/preview/"):
            answer = client.post(path, content=content, headers={"content-type": "application/json"})
            assert_problem(answer, 400, "The body is not what is asked for")

    def test_ids_that_no_rule_can_have(self, client: httpx.Client) -> None:
        for ruleid in (0, 2**31, 2**63, 2**70):
            for method in ("GET", "DELETE", "PATCH"):
                answer = client.request(method, f"rules/{ruleid}/", json={} if method == "PATCH" else None)
                assert_problem(answer, 404, f"There is no rule {ruleid}.")

    def test_no_more_than_each_answer_looks_at(self, client: httpx.Client, prepared_stack: LocalStack) -> None:
        statement = """
            INSERT INTO rules (name, kind, products, priority, created_at, changed_at, placement)
            SELECT number, 'hide', '{never}', 0, now(), now(), 'nowhere' FROM generate_series(1, 500) AS number
        """
        execute(prepared_stack, statement)
        assert_problem(client.post("rules/", json=PIN), 400, "There are 500 rules: delete one that is over.")
        assert len(client.get("rules/").json()["rules"]) == 500

    def test_without_postgres_it_says_so(self, lonely_client: httpx.Client) -> None:
        for method, path in (("GET", "rules/"), ("POST", "rules/"), ("GET", "rules/7/"), ("PATCH", "rules/7/")):
            answer = lonely_client.request(method, path, json=None if method == "GET" else PIN)
            assert_problem(answer, 503, "Postgres did not answer.")
        assert lonely_client.get("health/live/").status_code == 200

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("kind", "push"),
            ("products", "{}"),
            ("position", 51),
            ("position", None),
            ("strength", 2.0),
            ("ends_at", "2020-01-01"),
        ],
    )
    def test_the_table_keeps_what_the_forms_promise(
        self, client: httpx.Client, prepared_stack: LocalStack, column: str, value: object
    ) -> None:
        rule = made(client, **PIN, starts_at="2026-01-01T00:00:00Z")
        with pytest.raises(psycopg2.errors.CheckViolation):
            execute(prepared_stack, f"UPDATE rules SET {column} = %s WHERE id = %s", value, rule["id"])


class TestPreview:
    def test_a_draft_for_a_shopper(self, shop: Shop, client: httpx.Client) -> None:
        userid = f"user-{uuid.uuid4()}"
        shop.view(userid, "b1")
        draft = {**PIN, "placement": "home"}
        answer = client.post("rules/preview/?limit=3&placement=home", headers={"user-id": userid}, json=draft)
        body = answer.json()
        assert answer.status_code == 200, body
        assert [each["product"] for each in body["without"]] == ["b0", "p1", "p0"]
        pinned = {"product": "a0", "source": "rule", "reason": "pinned by the draft (Autumn sale)"}
        assert body["with"] == [body["without"][0], pinned, body["without"][1]]
        behind = "others have come before it"
        assert body["changes"] == [
            {"product": "a0", "from": None, "to": 2, "why": pinned["reason"]},
            {"product": "p1", "from": 2, "to": 3, "why": behind},
            {"product": "p0", "from": 3, "to": None, "why": behind},
        ]
        assert client.get("rules/").json() == {"rules": []}
        assert shop.recommendations(userid, limit=3, placement="home")["products"] == ["b0", "p1", "p0"]

    def test_what_is_stored_for_nobody(self, shop: Shop, client: httpx.Client) -> None:
        rule = made(client, **HIDE)
        shop.await_products("nobody", ["b1", "b0"])
        hidden = f"hidden by rule {rule['id']} (Recall)"
        for name in ("for-you", "trending"):
            body = client.get("rules/preview/", params={"list": name, "limit": 3}).json()
            assert [each["product"] for each in body["with"]] == ["b1", "b0"]
            assert body["changes"] == [{"product": "p1", "from": 3, "to": None, "why": hidden}]
        body = client.get("rules/preview/", params={"list": "similar", "product": "p1"}).json()
        assert body["changes"] == [{"product": "p0", "from": 1, "to": None, "why": hidden}]

    @pytest.mark.parametrize(
        ("query", "status", "detail"),
        [
            ("list=all", 400, "The query parameter list must be for-you, similar or trending."),
            ("list=similar", 400, "The query parameter product names the product of the list similar"),
            ("product=a0", 400, "The query parameter product names the product of the list similar"),
            ("list=similar&product=a%20b", 400, "The query parameter product must be 1 to 128 characters"),
            ("list=similar&product=never", 404, "never is not in the catalogue, and was never viewed."),
            ("limit=0", 400, "The query parameter limit must be"),
            ("price_from=2&price_to=1", 400, "price_from must not be above price_to"),
        ],
    )
    def test_what_cannot_be_previewed_is_said(self, client: httpx.Client, query: str, status: int, detail: str) -> None:
        assert_problem(client.get(f"rules/preview/?{query}"), status, detail)
        assert_problem(client.post(f"rules/preview/?{query}", json=PIN), status, detail)

    def test_a_draft_is_judged_as_a_rule_is(self, client: httpx.Client) -> None:
        answer = client.post("rules/preview/", json={**PIN, "position": None, "strength": 2})
        assert_problem(answer, 400, "position: A pin needs a position.; strength: A pin has no strength.")

    def test_without_cassandra_it_says_so(self, lonely_client: httpx.Client) -> None:
        for answer in (lonely_client.get("rules/preview/"), lonely_client.post("rules/preview/", json=PIN)):
            assert_problem(answer, 503, "Cassandra did not answer.")


class TestAdmin:
    def test_a_rule_is_made_tried_changed_and_deleted(
        self, shop: Shop, admin: httpx.Client, prepared_stack: LocalStack
    ) -> None:
        name = f"sale-{uuid.uuid4()}"
        answer = post(admin, ADD, **form(name=name, position="1", placement="home"))
        assert (answer.status_code, answer.headers["location"]) == (302, "/admin/rules/rule/")
        await_list(shop, RECOMMENDATIONS, ["a0", "b1"], placement="home", limit="2")
        ((number,),) = execute(prepared_stack, "SELECT id FROM rules WHERE name = %s", name)
        path = f"/admin/rules/rule/{number}/"
        assert f'href="{path}preview/"' in admin.get(f"{path}change/").text
        page = admin.get(f"{path}preview/").text
        assert 'value="home"' in page
        assert "What rules change" not in page
        page = admin.get(f"{path}preview/?list=for-you&shopper=nobody&placement=home&limit=2").text
        assert f"<td>1</td><td>b1</td><td>a0</td><td>pinned by rule {number} ({name})</td>" in page
        assert "<td>b0</td><td>2</td><td>-</td><td>others have come before it</td>" in page
        answer = post(admin, f"{path}change/", **form(name=name, position="2", placement=""))
        assert answer.status_code == 302
        shop.await_products("nobody", ["b1", "a0", "b0", "p1", "p0", "a1"])
        assert post(admin, f"{path}delete/", post="yes").status_code == 302
        shop.await_products("nobody", NEWEST)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({}, "A pin needs a position."),
            ({"position": "1", "category": "A"}, "A pin has no category"),
            ({"position": "1", "products": "a,a b"}, "Product 2 is no id: 1 to 128 characters of A-Z"),
            ({"position": "1", "products": ""}, "A pin names the products"),
            ({"kind": "boost", "strength": "0.5"}, "greater than or equal to 1"),
            ({"kind": "boost", "strength": "nan"}, "Enter a number."),
            ({"kind": "hide", "products": ""}, "Products or a category are missing."),
        ],
    )
    def test_what_cannot_be_is_said_beside_the_field(
        self, admin: httpx.Client, changed: dict[str, str], said: str
    ) -> None:
        answer = post(admin, ADD, **form(**changed))
        assert answer.status_code == 200
        assert said in answer.text

    def test_rules_are_found(self, admin: httpx.Client, client: httpx.Client) -> None:
        names = {state: f"{state}-{uuid.uuid4()}" for state in ("now", "later", "over")}
        made(client, **{**HIDE, "name": names["now"], "placement": "home"})
        made(client, **{**HIDE, "name": names["later"], "starts_at": "2199-01-01T00:00:00Z"})
        over = {**PIN, "name": names["over"], "ends_at": "2026-01-01T00:00:00Z"}
        # No name of the others has it by chance.
        made(client, **{**over, "products": ["tall-lamp"]})
        for query, states in {
            "": {"now", "later", "over"},
            "kind__exact=pin": {"over"},
            "placement=home": {"now"},
            **{f"state={state}": {state} for state in names},
            "q=tall-l": {"over"},
        }.items():
            page = admin.get(f"/admin/rules/rule/?{query}").text
            assert {state for state, name in names.items() if name in page} == states, query

    def test_a_preview_that_cannot_be_says_why(self, admin: httpx.Client, client: httpx.Client) -> None:
        path = f"/admin/rules/rule/{made(client, **PIN)['id']}/preview/"
        assert "has a product that it is beside" in admin.get(f"{path}?list=similar&limit=2").text
        assert "Nobody knows this product." in admin.get(f"{path}?list=similar&product=never&limit=2").text
        assert admin.get("/admin/rules/rule/0/preview/").status_code == 404

    def test_nobody_sees_a_preview_without_a_login(self, visitor: httpx.Client, client: httpx.Client) -> None:
        path = f"/admin/rules/rule/{made(client, **PIN)['id']}/preview/"
        assert visitor.get(path).status_code == 302


def test_without_postgres_the_rules_that_were_read_count(
    prepared_stack: LocalStack, api: Api, shop: Shop, client: httpx.Client
) -> None:
    rule = made(client, **HIDE)
    shop.await_products("nobody", ["b1", "b0"])
    with stopped(prepared_stack, api, "postgres"):
        wait_until(lambda: client.get("health/").json()["rules"] == "stale", what="the outage is not seen")
        shop.await_products("nobody", ["b1", "b0"])
        assert_problem(client.delete(f"rules/{rule['id']}/"), 503, "Postgres did not answer.")
        body = client.post("rules/preview/", json={**PIN, "products": ["b0"], "position": 1}).json()
        assert [each["product"] for each in body["with"]] == ["b0", "b1"]
    wait_until(lambda: client.get("health/").json()["rules"] == "up", what="Postgres is not heard again")
    assert client.delete(f"rules/{rule['id']}/").status_code == 204
    shop.await_products("nobody", NEWEST)
