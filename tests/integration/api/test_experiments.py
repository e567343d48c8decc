"""Experiments on the real servers: started by API and in the admin, what each arm is shown, who is in which."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.integration.api.shop import RECOMMENDATIONS, Shop
from tests.integration.api.test_admin import admin, execute, login, post, visitor
from tests.integration.api.test_identities import merge
from tests.integration.api.test_learned import shown_to
from tests.integration.api.test_outages import frozen
from tests.integration.api.test_rules import CATALOGUE, NEWEST, PIN, TRENDING
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.waiting import wait_until
from vitrine.experiments import Arm, Experiment, arm_of
from vitrine.settings import CassandraSettings, load

__all__ = ["admin", "login", "visitor"]

BEST = ["a0", "b0"]
USUAL = [*BEST, *(product for product in NEWEST if product not in BEST)]
ADD = "/admin/experiments/experiment/add/"
PLAN: dict[str, Any] = {
    "list": "for-you",
    "planned_people": 40_000,
    "arms": [{"name": "usual"}, {"name": "other", "sources": ["newest"]}],
}


@pytest.fixture(scope="module")
def shop(prepared_stack: LocalStack, api: Api) -> Iterator[Shop]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        made = Shop(session, views, api)
        made.clear()
        made.stock(CATALOGUE)
        made.sell(BEST, {}, period="2026-10")
        made.await_products("nobody", USUAL)
        yield made
        made.clear()


@pytest.fixture(autouse=True)
def _no_experiments(prepared_stack: LocalStack, client: httpx.Client) -> Iterator[None]:
    """Each process has heard of the end before the next test begins."""
    yield
    execute(prepared_stack, "DELETE FROM rules; TRUNCATE experiments CASCADE")
    await_part(client, "nobody", None)


def made(client: httpx.Client, **changed: object) -> dict[str, Any]:
    answer = client.post("experiments/", json={"name": f"test-{uuid.uuid4()}", **PLAN, **changed})
    assert answer.status_code == 201, answer.text
    experiment: dict[str, Any] = answer.json()
    return experiment


def started(client: httpx.Client, **changed: object) -> dict[str, Any]:
    """One that every process knows of."""
    experiment = made(client, **changed)
    answer = client.post(f"experiments/{experiment['id']}/start/", json={})
    assert (answer.status_code, answer.json()["state"]) == (200, "running")
    await_part(client, "nobody", experiment["name"], list_name=experiment["list"], placement=experiment["placement"])
    return experiment


def await_part(
    client: httpx.Client, person: str, name: str | None, *, list_name: str | None = None, placement: str | None = None
) -> None:
    paths = {None: RECOMMENDATIONS, "for-you": RECOMMENDATIONS, "trending": TRENDING, "similar": "products/a0/similar/"}
    parameters = {"placement": placement} if placement else {}

    def takes_part() -> bool:
        for _ in range(10):
            # A connection of its own, so that any process may answer.
            url = f"{client.base_url}{paths[list_name]}"
            body = httpx.get(url, params=parameters, headers={"user-id": person}, timeout=120).json()
            if body.get("experiment", {}).get("name") != name:
                return False
        return True

    wait_until(takes_part, what=f"not every process knows of {name}")


def split(stack: LocalStack, experiment: dict[str, Any], arm: str, *, form: str = "user-{}") -> str:
    """Somebody new whom the hash puts into an arm."""
    ((salt,),) = execute(stack, "SELECT salt FROM experiments WHERE id = %s", experiment["id"])
    held = Experiment(experiment["name"], salt, tuple(Arm(each["name"], each["weight"]) for each in experiment["arms"]))
    while arm_of(held, person := form.format(uuid.uuid4())).name != arm:
        pass
    return person


def exposures(client: httpx.Client, person: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get(f"people/{person}/export/").json()["exposures"]
    return found


class TestAnswers:
    def test_each_arm_is_shown_its_own(self, shop: Shop, client: httpx.Client, prepared_stack: LocalStack) -> None:
        pin = client.post("rules/", json=PIN).json()["id"]
        shop.await_products("nobody", ["b0", "a0", "b1", "p1", "p0", "a1"])
        arms: dict[str, tuple[dict[str, Any], list[str]]] = {
            "usual": ({}, USUAL),
            "newest": ({"sources": ["newest"]}, NEWEST),
            "turned": ({"sources": ["newest", "best-sellers"], "rules": [], "model": "none"}, NEWEST),
            "untrained": ({"model": "untrained", "rules": [pin]}, USUAL),
            "nothing": ({"shows_nothing": True}, []),
        }
        experiment = started(client, arms=[{"name": name, **arm} for name, (arm, _) in arms.items()])
        for name, (_, expected) in arms.items():
            person = split(prepared_stack, experiment, name)
            body = shop.recommendations(person, explain="true", details="true")
            # The pin puts a0 to the second place where it may.
            ruled = [each for each in expected if each != "a0"]
            pinned = [*ruled[:1], "a0", *ruled[1:]] if name not in ("turned", "nothing") else expected
            assert body["products"] == pinned, name
            assert body["experiment"] == {"name": experiment["name"], "arm": name}
            assert len(body["explanations"]) == len(pinned)

    def test_only_where_it_runs_and_of_whom_an_id_is_known(
        self, shop: Shop, client: httpx.Client, prepared_stack: LocalStack
    ) -> None:
        experiment = started(client, list="similar", placement="home", arms=[{"name": "a"}, {"name": "b"}])
        person = split(prepared_stack, experiment, "b")
        path = "products/a0/similar/"
        assert shop.ask(path, person, placement="home")["experiment"]["arm"] == "b"
        assert "experiment" not in shop.ask(path, person)
        assert "experiment" not in shop.ask(path, person, placement="cart")
        assert "experiment" not in shop.ask(RECOMMENDATIONS, person, placement="home")
        assert "experiment" not in client.get(path, params={"placement": "home"}).json()

    def test_of_two_that_fit_the_first_that_was_started(self, shop: Shop, client: httpx.Client) -> None:
        first = started(client, list="trending")
        second = made(client, list=None, arms=[{"name": "a"}, {"name": "b"}])
        assert client.post(f"experiments/{second['id']}/start/", json={}).status_code == 200
        await_part(client, "nobody", second["name"])
        assert shop.ask(TRENDING, "nobody")["experiment"]["name"] == first["name"]
        assert client.post(f"experiments/{first['id']}/stop/", json={}).status_code == 200
        await_part(client, "nobody", second["name"], list_name="trending")

    def test_what_was_shown_says_so_also_where_it_was_nothing(
        self, client: httpx.Client, prepared_stack: LocalStack, shop: Shop
    ) -> None:
        arms = [{"name": "usual"}, {"name": "nothing", "shows_nothing": True}]
        experiment = started(client, placement="home", arms=arms)
        person = split(prepared_stack, experiment, "nothing")
        answer = shop.ask(RECOMMENDATIONS, person, placement="home")
        told = shown_to(prepared_stack, person, count=1)
        assert [told[0][name] for name in ("recommendation-id", "placement", "experiment", "arm", "products")] == [
            answer["recommendation-id"],
            "home",
            experiment["name"],
            "nothing",
            [],
        ]
        other = f"user-{uuid.uuid4()}"
        shop.recommendations(other)
        told = shown_to(prepared_stack, other, count=1)
        assert [told[0][name] for name in ("placement", "experiment", "arm")] == [None, None, None]


class TestExposures:
    def test_are_kept_once(self, shop: Shop, client: httpx.Client, prepared_stack: LocalStack) -> None:
        experiment = started(client)
        person = split(prepared_stack, experiment, "other")
        for _ in range(2):
            shop.recommendations(person)
            wait_until(lambda: exposures(client, person), what="it is not kept")
        ((kept),) = exposures(client, person)
        assert (kept["experiment"], kept["arm"]) == (experiment["name"], "other")
        assert kept["exposed-at"].endswith("Z")

    def test_a_customer_stays_where_the_visitor_was(
        self, shop: Shop, client: httpx.Client, prepared_stack: LocalStack
    ) -> None:
        """What a person was first shown stays theirs, whatever the hash of the other id says."""
        experiment = started(client)
        visitor = split(prepared_stack, experiment, "other", form="visitor:{}")
        customer = split(prepared_stack, experiment, "usual")
        assert shop.recommendations(visitor)["products"] == NEWEST
        wait_until(lambda: exposures(client, visitor), what="it is not kept")
        merge(client, visitor, customer)
        for person in (customer, visitor):
            body = shop.recommendations(person)
            assert (body["experiment"]["arm"], body["products"]) == ("other", NEWEST)
        wait_until(lambda: len(exposures(client, customer)) == 2, what="the customer's own is not kept")
        # A computer that another customer uses later joins them no more than their views are.
        time.sleep(0.01)
        second = split(prepared_stack, experiment, "usual")
        merge(client, visitor, second)
        assert shop.recommendations(second)["experiment"]["arm"] == "usual"
        merge(client, visitor, customer, path="unmerge")
        assert shop.recommendations(customer)["experiment"]["arm"] == "other"

    def test_while_cassandra_says_nothing_the_hash_decides(
        self, shop: Shop, client: httpx.Client, api: Api, prepared_stack: LocalStack
    ) -> None:
        experiment = started(client, list="trending", arms=[{"name": "usual"}, {"name": "other"}])
        visitor = split(prepared_stack, experiment, "other", form="visitor:{}")
        customer = split(prepared_stack, experiment, "usual")
        shop.ask(TRENDING, visitor)
        wait_until(lambda: exposures(client, visitor), what="it is not kept")
        merge(client, visitor, customer)
        with frozen(prepared_stack.environment()["VITRINE_CASSANDRA_PORT"], api):
            assert shop.ask(TRENDING, customer)["experiment"]["arm"] == "usual"
        assert shop.ask(TRENDING, customer)["experiment"]["arm"] == "other"
        wait_until(lambda: len(exposures(client, customer)) == 2, what="the customer's own is not kept")
        assert {each["arm"] for each in exposures(client, customer)} == {"other"}

    def test_are_erased_with_the_person(self, shop: Shop, client: httpx.Client, prepared_stack: LocalStack) -> None:
        experiment = started(client)
        visitor = split(prepared_stack, experiment, "other", form="visitor:{}")
        customer = split(prepared_stack, experiment, "usual")
        shop.recommendations(visitor)
        wait_until(lambda: exposures(client, visitor), what="it is not kept")
        merge(client, visitor, customer)
        shop.recommendations(customer)
        wait_until(lambda: len(exposures(client, customer)) == 2, what="the customer's own is not kept")
        receipt = client.delete(f"people/{customer}/").json()
        assert {part["name"]: part["state"] for part in receipt["parts"]}["exposures"] == "done"
        assert (exposures(client, customer), exposures(client, visitor)) == ([], [])


class TestApi:
    def test_the_life_of_an_experiment(self, client: httpx.Client) -> None:
        experiment = made(client, placement="home", stops_by_itself=True)
        path = f"experiments/{experiment['id']}/"
        arm = {"weight": 1, "sources": [], "rules": None, "model": "trained", "shows_nothing": False}
        own = {name: experiment[name] for name in ("id", "name", "created_at", "changed_at")}
        assert experiment == {
            **own,
            **PLAN,
            "placement": "home",
            "primary_metric": "conversion",
            "stops_by_itself": True,
            "state": "draft",
            "started_at": None,
            "stopped_at": None,
            "stopped_because": "",
            "arms": [{**arm, "name": "usual"}, {**arm, "name": "other", "sources": ["newest"]}],
        }
        assert client.get(path).json() == experiment
        changed = client.patch(path, json={"planned_people": 5000, "arms": [{"name": "a"}, {"name": "b"}]}).json()
        assert (changed["planned_people"], [each["name"] for each in changed["arms"]]) == (5000, ["a", "b"])
        assert_problem(client.post(f"{path}stop/", json={}), 409, "does not run: it is a draft.")
        assert client.post(f"{path}start/", json={}).json()["started_at"]
        for answer in (
            client.post(f"{path}start/", json={}),
            client.patch(path, json={"planned_people": 6000}),
            client.delete(path),
        ):
            assert_problem(answer, 409, "is running: only a draft can be changed, started or deleted.")
        nothing = dict.fromkeys(("as_of", "computed_at", "outcome", "skew", "power"))
        assert client.get(f"{path}results/").json() == {**nothing, "rows": []}
        stopped = client.post(f"{path}stop/", json={"because": "Done."}).json()
        assert (stopped["state"], stopped["stopped_because"]) == ("stopped", "Done.")
        assert_problem(client.post(f"{path}stop/", json={}), 409, "does not run: it is stopped.")
        draft = made(client)
        assert [each["id"] for each in client.get("experiments/").json()["experiments"]] == [
            draft["id"],
            experiment["id"],
        ]
        assert client.delete(f"experiments/{draft['id']}/").status_code == 204

    def test_what_is_not_there(self, client: httpx.Client) -> None:
        for number in (0, 2**31, 2**63, 2**70):
            for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "start/"), ("GET", "results/")):
                body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
                answer = client.request(method, f"experiments/{number}/{path}", json=body)
                assert_problem(answer, 404, f"There is no experiment {number}.")

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"name": "a b"}, "name: 1 to 128 characters"),
            ({"list": "all"}, "list: "),
            ({"placement": "a b"}, "placement: 1 to 128 characters"),
            ({"primary_metric": "joy"}, "primary_metric: "),
            ({"planned_people": 999}, "planned_people: "),
            ({"planned_people": 10**30}, "planned_people: "),
            ({"planned_people": "many"}, "planned_people: Expected `int`"),
            ({"state": "running"}, "state: There is no such field"),
            ({"arms": [{"name": "a"}]}, "arms: An experiment has 2 to 10 arms"),
            ({"arms": [{"name": "a"}] * 2}, "arms: Two arms have one name."),
            ({"arms": [{"name": "a"}, {"name": "b"}] * 6}, "arms: An experiment has 2 to 10 arms"),
            ({"arms": "a, b"}, "arms: Expected `array`"),
            ({"arms": [{"name": "a"}, {"name": "b", "weight": 0}]}, "arms[1].weight: "),
            ({"arms": [{"name": "a"}, {"name": "b", "model": "best"}]}, "arms[1].model: "),
            ({"arms": [{"name": "a"}, {"name": "b", "color": "red"}]}, "arms[1].color: There is no such field"),
            ({"arms": [{"name": "a"}, {"name": "b", "rules": [2**40]}]}, f"arms[1].rules: There is no rule {2**40}."),
            ({"arms": [{"name": "a"}, {"name": "b", "rules": [2**80]}]}, "arms[1].rules: "),
            ({"arms": [{"name": "a"}, {"name": "b", "sources": ["trending"]}]}, "for-you has no source trending; it"),
            ({"arms": [{"name": "a"}, {"name": "b", "sources": ["newest"] * 2}]}, "A source is named twice."),
            (
                {"list": None, "arms": [{"name": "a"}, {"name": "b", "sources": ["newest"]}]},
                "arms: Arms with sources are of an experiment on one list.",
            ),
            (
                {"arms": [{"name": "a"}, {"name": "b", "shows_nothing": True, "model": "none"}]},
                "An arm that shows nothing has no sources, rules or model.",
            ),
        ],
    )
    def test_what_is_wrong_is_named(self, client: httpx.Client, changed: dict[str, object], said: str) -> None:
        answer = client.post("experiments/", json={"name": f"test-{uuid.uuid4()}", **PLAN, **changed})
        assert_problem(answer, 400, said)

    def test_all_that_is_wrong_at_once(self, client: httpx.Client) -> None:
        detail = assert_problem(client.post("experiments/", json={}), 400)["detail"]
        for field in ("name", "planned_people", "arms"):
            assert f"{field}: " in detail
        experiment = made(client)
        assert_problem(client.post("experiments/", json={**PLAN, "name": experiment["name"]}), 400, "already exists")
        # Of a list that has changed without its arms.
        answer = client.patch(f"experiments/{experiment['id']}/", json={"list": "similar"})
        assert_problem(answer, 400, "The list similar has no source newest")
        assert client.get(f"experiments/{experiment['id']}/").json() == experiment

    def test_a_rule_that_has_gone_keeps_an_experiment_from_starting(self, client: httpx.Client) -> None:
        rule = client.post("rules/", json=PIN).json()["id"]
        experiment = made(client, arms=[{"name": "a"}, {"name": "b", "rules": [rule]}])
        assert client.delete(f"rules/{rule}/").status_code == 204
        answer = client.post(f"experiments/{experiment['id']}/start/", json={})
        assert_problem(answer, 409, f"b: There is no rule {rule}.")

    def test_without_servers(self, lonely_client: httpx.Client) -> None:
        for method, path in (("GET", ""), ("POST", ""), ("GET", "7/results/"), ("POST", "7/start/")):
            body: dict[str, Any] = {} if path.endswith("start/") else {"name": "n", **PLAN}
            answer = lonely_client.request(method, f"experiments/{path}", json=None if method == "GET" else body)
            assert_problem(answer, 503, "Postgres did not answer.")

    def test_health_says_whether_changes_are_heard(self, client: httpx.Client) -> None:
        assert client.get("health/").json()["experiments"] == "up"


class TestAdmin:
    def test_an_experiment_is_made_started_looked_at_and_stopped(
        self, admin: httpx.Client, client: httpx.Client, prepared_stack: LocalStack
    ) -> None:
        name = f"test-{uuid.uuid4()}"
        answer = post(admin, ADD, **form(name=name))
        assert (answer.status_code, answer.headers["location"]) == (302, "/admin/experiments/experiment/")
        ((number,),) = execute(prepared_stack, "SELECT id FROM experiments WHERE name = %s", name)
        arms = "SELECT name, position, sources, rules FROM experiment_arms WHERE experiment_id = %s ORDER BY position"
        assert execute(prepared_stack, arms, number) == [("usual", 0, [], None), ("other", 1, ["newest"], [])]
        path = f"/admin/experiments/experiment/{number}/"
        listed = "/admin/experiments/experiment/"
        assert post(admin, listed, action="start", _selected_action=str(number)).status_code == 302
        await_part(client, "nobody", name)
        assert "is running: only a draft" in post_and_follow(
            admin, listed, action="start", _selected_action=str(number)
        )
        page = admin.get(f"{path}change/").text
        assert 'name="name"' not in page, "what runs can be looked at, not changed"
        assert "Nothing is known yet" in admin.get(f"{path}results/").text
        columns = "people, counted, left_out, mean, difference, low, high, verdict, outcome, skew, power, computed_at"
        execute(
            prepared_stack,
            f"INSERT INTO experiment_results (experiment_id, as_of, arm, metric, is_primary, {columns})"
            " VALUES (%s, '2026-11-27', 'other', 'conversion', true, 9, 8, 7, .5, .25, .125, .375, 'better',"
            " 'skewed split', 200, 'What it can find.', now())",
            number,
        )
        page = admin.get(f"{path}results/").text
        for text in ("<td>0.1250</td>", "skewed split", "What it can find.", 'class="errornote"'):
            assert text in page
        assert client.get(f"experiments/{number}/results/").json()["rows"][0]["verdict"] == "better"
        assert post(admin, listed, action="stop", _selected_action=str(number)).status_code == 302
        await_part(client, "nobody", None)
        assert admin.get("/admin/experiments/experiment/0/results/").status_code == 404

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"arms-1-name": "usual"}, "Please correct the duplicate"),
            ({"arms-1-sources": "trending"}, "has no source trending"),
            ({"arms-1-rules": "7", "arms-1-all_rules": "on"}, "All rules apply: name none."),
            ({"arms-1-weight": "0"}, "greater than or equal to 1"),
            ({"planned_people": "5"}, "greater than or equal to 1000"),
        ],
    )
    def test_what_cannot_be_is_said(self, admin: httpx.Client, changed: dict[str, str], said: str) -> None:
        answer = post(admin, ADD, **form(name=f"test-{uuid.uuid4()}") | changed)
        assert answer.status_code == 200
        assert said in answer.text

    def test_nobody_sees_results_without_a_login(self, visitor: httpx.Client) -> None:
        assert visitor.get("/admin/experiments/experiment/1/results/").status_code == 302


def form(name: str) -> dict[str, str]:
    """What the admin's form of an experiment sends."""
    arms = {"usual": {"all_rules": "on"}, "other": {"sources": "newest"}}
    sent = {"name": name, "list": "for-you", "primary_metric": "conversion", "planned_people": "40000"}
    sent |= {"arms-TOTAL_FORMS": "2", "arms-INITIAL_FORMS": "0"}
    for place, (arm, fields) in enumerate(arms.items()):
        usual = {"name": arm, "weight": "1", "model": "trained"}
        sent |= {f"arms-{place}-{field}": value for field, value in {**usual, **fields}.items()}
    return sent


def post_and_follow(client: httpx.Client, path: str, **sent: str) -> str:
    return client.get(str(post(client, path, **sent).headers["location"])).text
