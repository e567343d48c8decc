"""Made-up views of one product, and as many honest ones of another: what each of them lifts for everybody else."""

import random
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from api.access.scopes import BROWSER_SCOPES
from api.access.view_caps import HOUR, Cap, Counting, ProcessCaps, _ask_valkey
from local_stack.stack import LocalStack
from tests.integration.api.serving import Api, await_ready, serving
from tests.integration.metrics import shown_at
from tests.integration.storage.keyspaces import connected, select
from tests.integration.view_consumer.flow import flow_of
from tests.integration.view_learner.learning import Learning, sums
from tests.security.conftest import Manage, await_everywhere, bearer, some_address, whichever
from tests.waiting import wait_until
from vitrine.learning import Stream
from vitrine.pipelines import rebuild_model
from vitrine.settings import ValkeySettings
from vitrine.valkey import client

# Those of the settings.
OF_PERSON, OF_ADDRESS = 5, 10
BURST = 100
POPULAR = "popular"
KNOWN = [f"known-{number}" for number in range(12)]
MONTH = 30 * 86_400.0
STARTED_WITHIN = 300
SEEN_WITHIN = 180.0

View = dict[str, Any]


def view(person: str, product: str, *, age: float | None = None) -> View:
    """Without an age, in seconds, it has the time at which it arrives."""
    timed = {} if age is None else {"timestamp": datetime.fromtimestamp(time.time() - age, UTC).isoformat()}
    return {
        "event": "ProductView",
        "messageid": str(uuid.uuid4()),
        "userid": person,
        "properties": {"productid": product},
        "context": {"source": "desktop"},
        **timed,
    }


def visitor() -> str:
    return f"anon-{secrets.token_hex(16)}"


@dataclass(frozen=True)
class Site:
    """An API, the shop's two keys, and what consumes and learns behind it."""

    api: Api
    learning: Learning
    server_key: str
    browser_key: str

    def report(self, *views: View) -> None:
        """As the shop's server does."""
        self._post(views, bearer(self.server_key))

    def report_from(self, address: str, *views: View) -> None:
        """As a page does, or whoever has copied the key out of it."""
        self._post(views, bearer(self.browser_key, x_forwarded_for=address))

    def _post(self, views: Sequence[View], headers: dict[str, str]) -> None:
        # Several requests, so that it is more than one process that counts.
        for start in range(0, len(views), 20):
            answer = whichever.post(f"{self.api.url}events/", json=views[start : start + 20], headers=headers)
            assert answer.status_code == 202, answer.text

    def await_learned(self) -> int:
        """Until all that was posted is stored and was read by the learner; how many events it has learned."""
        flow = self.learning.flow
        flow.await_done()
        wait_until(
            lambda: sum(self.learning.offsets().values()) == sum(flow.ends().values()),
            seconds=SEEN_WITHIN,
            what=lambda: f"{self.learning.offsets()} of {flow.ends()}",
        )
        return self.learning.learned()

    def ask(self, path: str, person: str = "", **parameters: str) -> list[str]:
        headers = bearer(self.server_key, **({"user_id": person} if person else {}))
        answer = whichever.get(f"{self.api.url}{path}", params=parameters, headers=headers)
        assert answer.status_code == 200, answer.text
        products: list[str] = answer.json()["products"]
        return products

    def lists(self, shopper: str) -> dict[str, list[str]]:
        """What others are shown: everybody, beside the popular product, and who has viewed it."""
        return {
            **{period: self.ask("products/trending/", period=period) for period in ("hour", "day", "week")},
            "similar": self.ask(f"products/{POPULAR}/similar/"),
            "recommended": self.ask("user_history_recommendations/", shopper),
        }

    def await_lifted(self, product: str, shopper: str) -> None:
        """Until each process shows a product in every list."""

        def is_lifted() -> bool:
            return all(product in products for products in self.lists(shopper).values())

        wait_until(is_lifted, seconds=SEEN_WITHIN, what=lambda: f"{product} in {self.lists(shopper)}")
        await_everywhere(is_lifted)

    def stored(self, product: str) -> tuple[int, int]:
        """How many views of a product there are, and how many of them do not count."""
        settings = self.learning.flow.cassandra
        table = f"{settings.cassandra_keyspace}.product_views"
        with connected(settings) as session:
            query = f"SELECT uncounted FROM {table} WHERE productid = %s ALLOW FILTERING"
            rows = select(session, query, product)
        return len(rows), sum(uncounted is True for (uncounted,) in rows)


@pytest.fixture(scope="module")
def learning(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learning]:
    folder = tmp_path_factory.mktemp("made-up")
    with flow_of(prepared_stack, folder) as flow:
        made = Learning(flow, folder / "model")
        made.begin()
        with flow.consuming(), made.learner() as learner:
            learner.await_log("learning from", seconds=STARTED_WITHIN)
            yield made


@contextmanager
def opened(learning: Learning, manage: Manage, folder: Path, **settings: str) -> Iterator[Site]:
    """Two processes, behind a proxy on this machine, that ask everybody for a key."""
    closed = {"VITRINE_DEVELOPMENT_OPEN_TO": "", "VITRINE_TRUSTED_PROXIES": "127.0.0.1/32"}
    keys = [
        manage("keys", "make", "made-up", "--kind", kind, "--scopes", *scopes).stdout.strip()
        for kind, scopes in (
            ("server", ["views:write", "recommendations:read", "operations:read"]),
            ("browser", BROWSER_SCOPES),
        )
    ]
    with serving(folder, **learning.environment() | closed | settings) as api:
        await_ready(api)
        site = Site(api, learning, *keys)
        for key in keys:
            await_everywhere(lambda key=key: _is_known(api, key))  # type: ignore[misc]
        yield site


def _is_known(api: Api, key: str) -> bool:
    return whichever.options(f"{api.url}events/", headers=bearer(key)).status_code != 401


@pytest.fixture(scope="module")
def site(learning: Learning, manage: Manage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A shop with a past and with shoppers now: thirty views and more of each product that is known."""
    with opened(learning, manage, tmp_path_factory.mktemp("api")) as made:
        chance = random.Random(5)
        for age in (MONTH, 12 * HOUR):
            made.report(*(view(f"past-{age}-{n}", f"earlier-{n % 20}", age=age) for n in range(200)))
        seen = [(f"now-{n}", product) for n in range(200) for product in (POPULAR, *chance.sample(KNOWN, 2))]
        made.report(*aged([*seen, ("somebody", POPULAR)]))
        made.await_learned()
        yield made


def visit(number: int, product: str) -> list[str]:
    """What is looked at before a product, so that it becomes a neighbour of what others look at."""
    return [KNOWN[number % len(KNOWN)], POPULAR, product]


def visits(person: Callable[[], str], product: str) -> list[View]:
    """A second lies between one view and the next."""
    looked = [(who, each) for number in range(BURST) for who in [person()] for each in visit(number, product)]
    return aged(looked)


def aged(looked: Sequence[tuple[str, str]]) -> list[View]:
    """Persons and products as views, the last of them now."""
    return [view(who, product, age=len(looked) - place) for place, (who, product) in enumerate(looked, start=1)]


def one_person(site: Site, product: str) -> int:
    """A person who comes again and again; the cap that holds."""
    person = visitor()
    site.report_from(some_address(), *visits(lambda: person, product))
    return OF_PERSON


def one_person_everywhere(site: Site, product: str) -> int:
    """The same, each time from another address."""
    person = visitor()
    views = visits(lambda: person, product)
    for start in range(0, len(views), 3):
        site.report_from(some_address(), *views[start : start + 3])
    return OF_PERSON


def one_person_of_the_server(site: Site, product: str) -> int:
    site.report(*visits(lambda: f"user-{product}", product))
    return OF_PERSON


def one_address(site: Site, product: str) -> int:
    """As many made-up visitors."""
    site.report_from(some_address(), *visits(visitor, product))
    return OF_ADDRESS


def one_network(site: Site, product: str) -> int:
    """The addresses of one customer of a provider, and made-up times of three months."""
    network = some_address().removesuffix("1")
    for number in range(BURST):
        person, age = visitor(), 60 + number * 20 * HOUR
        views = [view(person, each, age=age - place) for place, each in enumerate(visit(number, product))]
        site.report_from(f"{network}{number + 1:x}", *views)
    return OF_ADDRESS


def honest(site: Site, product: str) -> None:
    """As many shoppers, half of them by the shop's server, half of them each from an address of their own."""
    views = visits(visitor, product)
    site.report(*views[: len(views) // 2])
    for start in range(len(views) // 2, len(views), 3):
        site.report_from(some_address(), *views[start : start + 3])


BURSTS: list[Callable[[Site, str], int]] = [
    *(one_person, one_person_everywhere, one_person_of_the_server),
    *(one_address, one_network),
]


@pytest.mark.parametrize("burst", BURSTS)
def test_a_burst_of_made_up_views_lifts_a_product_nowhere(site: Site, burst: Callable[[Site, str], int]) -> None:
    made_up, real = f"made-up-{burst.__name__}", f"real-{burst.__name__}"
    before = site.await_learned()
    cap = burst(site, made_up)
    viewed = Counter(product for number in range(BURST) for product in visit(number, made_up))
    counted = sum(min(cap, views) for views in viewed.values())
    assert site.await_learned() - before == counted
    honest(site, real)
    assert site.await_learned() - before == counted + viewed.total()
    # Each process shows what came later; so it would show what came before.
    site.await_lifted(real, "somebody")
    for name, products in site.lists("somebody").items():
        assert made_up not in products, name
        assert len(products) == 10
    assert site.stored(made_up) == (BURST, BURST - cap)
    assert site.stored(real) == (BURST, 0)


def test_without_the_cap_the_same_burst_lifts_it(site: Site, manage: Manage, tmp_path: Path) -> None:
    many = {f"VITRINE_{name}_VIEWS_PER_HOUR": "100000" for name in ("PERSON_PRODUCT", "ADDRESS_PRODUCT", "ADDRESS")}
    with opened(site.learning, manage, tmp_path, **many) as without:
        one_address(without, "uncapped")
        without.await_lifted("uncapped", "somebody")
    assert site.stored("uncapped") == (BURST, 0)


@pytest.mark.parametrize(("kind", "weight"), [("ProductAdded", 2.0), ("OrderCompleted", 3.0)])
def test_made_up_carts_and_orders_have_caps_of_their_own(site: Site, kind: str, weight: float) -> None:
    product, shop_events = f"made-up-{kind}", site.learning.flow.of_shop_events()
    lines = [{"productid": product}]
    made_up = [
        view(visitor(), product)
        | {"event": kind}
        | ({"properties": {"orderid": f"o-{number}", "products": lines}} if kind == "OrderCompleted" else {})
        for number in range(BURST)
    ]
    site.report_from(some_address(), *made_up)
    shop_events.await_done()
    wait_until(
        lambda: sum(site.learning.offsets(Stream.CARTS).values()) == sum(shop_events.ends().values()),
        what=lambda: f"{site.learning.offsets(Stream.CARTS)} of {shop_events.ends()}",
    )
    learned = sums(site.learning.folder / "model")
    assert learned[(product,)] == pytest.approx(weight * OF_ADDRESS, rel=1e-3)
    settings = shop_events.cassandra
    with connected(settings) as session:
        rows = select(session, f"SELECT event, uncounted FROM {settings.cassandra_keyspace}.shop_events")
    assert Counter(uncounted for event, uncounted in rows if event == kind) == {
        False: OF_ADDRESS,
        True: BURST - OF_ADDRESS,
    }


def test_who_made_views_up_sees_them_in_the_own_history(site: Site) -> None:
    person = visitor()
    site.report_from(some_address(), *aged([(person, each) for _ in range(20) for each in ("mine-1", "mine-2")]))
    site.await_learned()
    headers = bearer(site.browser_key, user_id=person)
    answer = whichever.get(f"{site.api.url}user_nav_history_latest_products/", headers=headers)
    assert answer.json()["products"] == ["mine-2", "mine-1"]
    assert site.stored("mine-1") == (20, 20 - OF_PERSON)


def test_a_view_that_is_sent_again_counts_as_before(site: Site) -> None:
    """A page that tries again while Kafka is away does not use up what its shopper may view."""
    address, sent = some_address(), view(visitor(), "sent-again", age=60)
    for _ in range(4 * OF_ADDRESS):
        site.report_from(address, sent)
    site.report_from(address, view(visitor(), "sent-again"))
    site.await_learned()
    assert site.stored("sent-again") == (2, 0)


def test_a_rebuilt_model_is_the_one_that_was_learned(site: Site) -> None:
    one_address(site, "rebuilt")
    site.await_learned()
    learned, path = sums(site.learning.folder / "model"), site.learning.folder / "model"
    inode = path.stat().st_ino
    with site.learning.pipelines():
        assert rebuild_model.rebuild() is not None
    wait_until(lambda: path.stat().st_ino != inode, seconds=SEEN_WITHIN, what="the learner does not take it over")
    site.await_learned()
    assert sums(path) == pytest.approx(learned, rel=1e-3)
    assert ("rebuilt",) in learned


def uncounted(api: Api, **headers: str) -> dict[str, float]:
    shown = shown_at(f"{api.url}metrics/", headers)
    caps = ("person", "address-product", "address")
    return {cap: shown.total("vitrine_api_uncounted_views_total", cap=cap) for cap in caps}


@pytest.mark.parametrize("valkey", ["there", "away"])
def test_an_address_has_a_cap_of_all_its_views(learning: Learning, manage: Manage, tmp_path: Path, valkey: str) -> None:
    """Also without Valkey: of one process then."""
    away = {"VITRINE_VALKEY_URL": "redis://127.0.0.1:1"} if valkey == "away" else {}
    few = {"VITRINE_ADDRESS_VIEWS_PER_HOUR": "30", "VITRINE_API_WORKERS": "1"}
    with opened(learning, manage, tmp_path, **few, **away) as site:
        address, other = some_address(), some_address()
        site.report_from(address, *(view(visitor(), f"any-{valkey}-{number}") for number in range(50)))
        assert uncounted(site.api, **bearer(site.server_key)) == {"person": 0, "address-product": 0, "address": 20}
        site.report_from(other, *(view(visitor(), f"one-{valkey}") for _ in range(OF_ADDRESS + 3)))
        assert uncounted(site.api, **bearer(site.server_key)) == {"person": 0, "address-product": 3, "address": 20}
        person = visitor()
        site.report(*(view(person, f"one-{valkey}") for _ in range(OF_PERSON + 2)))
        assert uncounted(site.api, **bearer(site.server_key)) == {"person": 2, "address-product": 3, "address": 20}
        assert whichever.get(f"{site.api.url}health/").json()["access"]["limits"] == (
            "each" if valkey == "away" else "shared"
        )


def test_valkey_and_a_process_judge_alike(prepared_stack: LocalStack) -> None:
    chance, run = random.Random(3), uuid.uuid4().hex
    caps = [Cap("person", 2), Cap("address-product", 4), Cap("address", 12)]
    judging, asked = ProcessCaps(), valkey_client(prepared_stack)
    for _ in range(100):
        views = [some_counting(chance, run) for _ in range(chance.randrange(1, 8))]
        assert _ask_valkey(asked, views, caps) == judging.judge(views, caps, now=0)
    keys = asked.keys(f"{run}*")
    assert len(keys) == len(judging._held)
    assert all(0 < asked.pttl(key) <= HOUR * 1000 for key in keys), "one of them would stay for ever"


def some_counting(chance: random.Random, run: str) -> Counting:
    person, product, address = (f"{kind}{chance.randrange(4)}" for kind in ("u", "x", "a"))
    names = f"{run} {person} {product}", f"{run} {address} {product}", f"{run} {address}"
    return Counting(b"%d" % chance.randrange(40), names)


def valkey_client(stack: LocalStack) -> redis.Redis:
    made = client(ValkeySettings(valkey_url=stack.environment()["VITRINE_VALKEY_URL"]), timeout=120)
    assert made is not None
    return made


def test_who_needs_no_key_has_the_cap_of_an_address(learning: Learning, tmp_path: Path) -> None:
    with serving(tmp_path, **learning.environment() | {"VITRINE_API_WORKERS": "1"}) as api:
        await_ready(api)
        views = [view(f"user-{number}", f"open-{uuid.uuid4()}") for number in range(OF_ADDRESS)]
        product = views[0]["properties"]
        same = [each | {"properties": product} for each in views]
        for body in (same, [view("one-more", product["productid"])]):
            assert httpx.post(f"{api.url}events/", json=body, timeout=120).status_code == 202
        assert uncounted(api) == {"person": 0, "address-product": 1, "address": 0}
