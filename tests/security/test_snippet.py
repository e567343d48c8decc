"""The script for a shop's pages, in shops as they are: a browser, the closed API, and what arrives in Cassandra."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

from local_stack.stack import LocalStack
from tests import node
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.api.serving import Api
from tests.integration.api.shop import Shop
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.security.conftest import MakeKey, Sign, bearer, whichever
from tests.security.test_readme_keys import site
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER, CassandraSettings, load

pytestmark = pytest.mark.usefixtures("consumer", "shop")

SOURCE = PROJECT_FOLDER / "api/doors/snippet"
FOLDER = Path(__file__).with_name("snippet")
SHOPS = Path(__file__).with_name("shops")
ADDRESS = "http://localhost:8000"
SCOPES = ("views:write", "recommendations:read")
# Best sellers, the first the best; the last has an id that an address has to encode.
SOLD = ["product-1", "product-2", "product-3", "product-4", "product-5", "a:b@c+d"]
STORED = "localStorage.length + sessionStorage.length + document.cookie.length"


@pytest.fixture(scope="module")
def shop(prepared_stack: LocalStack, closed_api: Api, administrator: httpx.Client) -> Iterator[None]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        made = Shop(session, views, closed_api)
        made.clear()
        made.stock(dict.fromkeys(SOLD, "lamps"))
        made.sell(SOLD, {"lamps": SOLD}, period="2026-10")
        headers = {**administrator.headers, "user-id": "nobody", "connection": "close"}
        address = f"{closed_api.url}user_history_recommendations/"
        wait_until(
            lambda: all(whichever.get(address, headers=headers).json()["products"] == SOLD for _ in range(10)),
            what="what is sold is not shown",
        )
        yield
        made.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@dataclass
class Visit:
    """Somebody in a shop, and what their page asks of the API."""

    context: BrowserContext
    origin: str
    administrator: httpx.Client
    folder: Path
    api: str
    key: str
    requests: list[Request] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, name: str, *, script: str = "", html: str | None = None) -> Page:
        """A page of shops/, or one that is given; with more attributes of the script."""
        text = html or (SHOPS / name).read_text()
        assert ADDRESS in text
        text = text.replace(ADDRESS, self.api).replace('data-key="BROWSER_KEY"', f'data-key="BROWSER_KEY" {script}')
        (self.folder / name).write_text(text.replace("BROWSER_KEY", self.key))
        page = self.context.new_page()
        # Playwright puts a mark on what it calls, which a list's own method does not allow.
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # Under an address of its own: of two files of one name within a second, the browser would show the first again.
        page.goto(f"{self.origin}/{name}?{uuid.uuid4()}")
        page.wait_for_function("window.vitrine")
        return page

    def sent(self) -> list[Request]:
        # What has happened is heard of while the browser is asked something.
        self.context.pages[-1].evaluate("1")
        return [each for each in self.requests if each.url.endswith("/v1/batch") and each.method == "POST"]

    def bodies(self) -> list[dict[str, Any]]:
        # Of a beacon the browser does not tell what is in it.
        return [json.loads(each.post_data) for each in self.sent() if each.post_data]

    def messages(self) -> list[dict[str, Any]]:
        return [message for each in self.bodies() for message in each["batch"]]

    def events(self, person: str) -> list[tuple[str, dict[str, Any]]]:
        """What there is of a person in Cassandra beside views, in no order."""
        answer = self.administrator.get(f"people/{person}/export/")
        return [(each["event"], each["properties"]) for each in answer.json().get("events", ())]

    def views(self, person: str) -> list[str]:
        """Newest first."""
        answer = self.administrator.get("user_nav_history_latest_products/", headers={"user-id": person})
        found: list[str] = answer.json()["products"]
        return found

    def await_views(self, person: str, *products: str) -> None:
        wait_until(lambda: self.views(person) == list(products), what=lambda: f"{self.views(person)}, not {products}")

    def await_events(self, person: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
        def key(event: tuple[str, dict[str, Any]]) -> str:
            return str(event)

        wait_until(
            lambda: sorted(self.events(person), key=key) == sorted(expected, key=key),
            what=lambda: f"{self.events(person)} are not {expected}",
        )


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(
    browser: Browser, closed_api: Api, administrator: httpx.Client, make_key: MakeKey, tmp_path: Path
) -> Iterator[Visiting]:
    """Makes visits, each with a key for the shop's pages; no exception leaves the script in any."""
    made: list[Visit] = []
    with site(tmp_path) as origin, visitor(browser) as context:

        def visit(**columns: object) -> Visit:
            key = make_key(*SCOPES, kind="pub", origins=[origin], **columns)
            api = closed_api.url.removesuffix("/api/v1/")
            made.append(Visit(context, origin, administrator, tmp_path, api, key))
            return made[-1]

        yield visit
    assert [error for each in made for error in each.errors] == []


def who(page: Page) -> str:
    found: str = page.evaluate("vitrine.visitor()")
    assert re.fullmatch("anon-[0-9a-f]{32}", found)
    return found


def drawn(page: Page, box: str, count: int) -> list[str]:
    page.wait_for_function(f"document.querySelectorAll('{box} li').length === {count}")
    return [text.strip() for text in page.locator(f"{box} li").all_text_contents()]


def assert_sold(products: list[str]) -> None:
    """The best first; what the page has just reported as viewed may be known already, and then comes last."""
    in_order = [each for each in products if each != "product-1"]
    assert in_order == SOLD[1 : 1 + len(in_order)]


def test_what_is_served_is_made_from_its_source() -> None:
    node.install(FOLDER)
    assert node.npm(FOLDER, "run", "--silent", "minify").stdout == (SOURCE / "vitrine.min.js").read_text()


class TestDataLayer:
    def test_a_woocommerce_shop(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("woocommerce.html")
        person, recommendation = who(page), str(uuid.uuid4())
        page.click(".single_add_to_cart_button")
        page.click(".remove")
        page.click("#place_order")
        page.fill(".search-field", "blue shoes")
        page.press(".search-field", "Tab")
        page.evaluate(
            """list => {
              const items = [{item_id: 'product-4'}, {item_id: 'product-5'}]
              dataLayer.push({event: 'view_item_list', ecommerce: {item_list_id: list, items}})
              gtag('event', 'select_item', {items: [{item_id: 'product-5', item_list_id: list}]})
              gtag('event', 'view_item_list', {item_list_id: 'related_products', items})
              gtag('event', 'select_item', {item_list_id: 'related_products', items})
              dataLayer.push({event: 'view_search_results', search_term: 'hats'})
            }""",
            recommendation,
        )
        visit.await_views(person, "product-1")
        lines = [
            {"productid": "product-1", "quantity": 2, "price": 19.9},
            {"productid": "product-3", "quantity": 1, "price": 5.0},
        ]
        shown = {"recommendationid": recommendation, "placement": None}
        visit.await_events(
            person,
            [
                ("ProductAdded", lines[0]),
                ("ProductRemoved", {"productid": "product-2", "quantity": 1, "price": 5.0}),
                ("OrderCompleted", {"orderid": "1017", "products": lines}),
                ("Searched", {"query": "blue shoes"}),
                ("Searched", {"query": "hats"}),
                ("RecommendationsShown", {**shown, "products": ["product-4", "product-5"]}),
                ("RecommendationClicked", {**shown, "productid": "product-5"}),
            ],
        )
        assert all(each.response().status == 200 for each in visit.sent())  # type: ignore[union-attr]
        assert page.evaluate(STORED) == 0
        assert visit.context.cookies() == []

    def test_other_pushes_are_left_alone(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("woocommerce.html")
        page.evaluate(
            """() => dataLayer.push(null, 7, 'view_item', () => 1, [], {}, {event: 'view_item'}, {event: 'gtm.js'},
              {event: 'view_item', ecommerce: {items: 7}},
              {event: 'begin_checkout', ecommerce: {items: [{item_id: 'x'}]}}, {event: 'view_item', ecommerce: null})"""
        )
        assert page.evaluate(
            "[dataLayer.push({event: 'a'}, {event: 'b'}), dataLayer.length, dataLayer.at(-1).event]"
        ) == [
            *[page.evaluate("dataLayer.length")] * 2,
            "b",
        ]
        visit.await_views(who(page), "product-1")
        assert [each["event"] for each in visit.messages()] == ["Product Viewed"]


class TestAttributes:
    def test_views_and_carts(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("plain.html")
        page.click("#add b")
        visit.await_views(who(page), "product-1")
        added = ("ProductAdded", {"productid": "product-1", "quantity": 1, "price": None})
        wait_until(lambda: added in visit.events(who(page)), what=lambda: str(visit.events(who(page))))

    def test_recommendations_are_drawn_and_said_to_be_shown_once_they_are_seen(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("plain.html")
        person = who(page)
        home = drawn(page, "#home", 5)
        assert_sold(home)
        assert drawn(page, "#below", 3) == ["See product-2", "See product-3", "See product-4"]
        assert page.get_attribute("#below li:first-child a", "title") == "product-2"
        wait_until(lambda: len(visit.events(person)) == 1, what=lambda: str(visit.events(person)))
        (kind, first), *_ = visit.events(person)
        assert (kind, first["placement"], first["products"]) == ("RecommendationsShown", "home", home)
        page.locator("#below li").first.scroll_into_view_if_needed()
        page.locator("#below li").last.scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, 0)")
        page.locator("#below li").last.scroll_into_view_if_needed()

        def below() -> list[str]:
            of_below = [each for _, each in visit.events(person) if each["placement"] == "beside"]
            return sorted(product for each in of_below for product in each["products"])

        wait_until(lambda: below() == SOLD[1:4], what=lambda: str(below()))

    def test_what_holds_at_a_placement_holds_in_the_page(self, visiting: Visiting) -> None:
        visit = visiting()
        body = {"name": "Not below", "kind": "hide", "products": [SOLD[2]], "placement": "beside"}
        made = visit.administrator.post("rules/", json=body)
        assert made.status_code == 201, made.text
        try:
            address = f"{visit.api}/api/v1/products/product-1/similar/?placement=beside&limit=3"
            headers = {**visit.administrator.headers, "connection": "close"}
            left = [SOLD[1], SOLD[3], SOLD[4]]
            wait_until(
                lambda: all(whichever.get(address, headers=headers).json()["products"] == left for _ in range(10)),
                what="the rule does not hold",
            )
            page = visit.open("plain.html")
            assert drawn(page, "#below", 3) == [f"See {product}" for product in left]
            assert SOLD[2] in drawn(page, "#home", 5)
        finally:
            visit.administrator.delete(f"rules/{made.json()['id']}/").raise_for_status()

    def test_what_is_clicked_is_said_though_the_page_goes(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("plain.html")
        person = who(page)
        drawn(page, "#home", 5)
        wait_until(lambda: visit.events(person), what="nothing is shown")
        (shown,) = (each for _, each in visit.events(person))
        page.click("#home li:nth-child(2) a")
        page.wait_for_url("**/plain.html?product=product-2")
        clicked = {
            "recommendationid": shown["recommendationid"],
            "placement": "home",
            "productid": "product-2",
        }
        wait_until(lambda: ("RecommendationClicked", clicked) in visit.events(person), what="the click is lost")

    def test_whatever_an_id_holds_it_is_no_markup(self, visiting: Visiting) -> None:
        visit = visiting()
        hostile = [
            "<img src=x onerror=alert(1)>",
            "javascript:alert(1)",
            "');alert(1)//",
            '"><script>alert(1)</script>',
        ]

        def change(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "products": [*hostile, "a:b@c+d", None, 7]})

        visit.context.route("**/user_history_recommendations/**", change)
        page = visit.open("plain.html")
        page.on("dialog", lambda dialog: visit.errors.append(dialog.message))
        # A number is no id of ours, and does no harm either.
        assert drawn(page, "#home", 3)[0] == "a:b@c+d"
        assert page.get_attribute("#home a", "href") == "/plain.html?product=a%3Ab%40c%2Bd"
        assert page.locator("#home img, #home script").count() == 0


class TestSinglePageApp:
    def test_each_page_it_makes_is_a_page(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("single_page.html")
        person = who(page)
        assert drawn(page, "div", 2) == ["product-2", "product-3"]
        page.click("li:first-child a")
        page.wait_for_function("document.querySelector('h1').textContent === 'product-2'")
        assert drawn(page, "div", 2) == ["product-1", "product-3"]
        page.click("button")
        # The element is another one, and so it is viewed again.
        page.evaluate("location.hash = 'product-1'")
        visit.await_views(person, "product-1", "product-2")
        wait_until(lambda: len(visit.messages()) >= 7, what=lambda: str(visit.messages()))
        viewed = [each["properties"]["product_id"] for each in visit.messages() if each["event"] == "Product Viewed"]
        assert viewed == ["product-1", "product-2", "product-1"]
        page.evaluate("document.querySelector('h1').dataset.vitrineView = 'product-4'")
        visit.await_views(person, "product-4", "product-1", "product-2")

    # What was viewed before is theirs, where the visitor has agreed to be known again.
    @pytest.mark.parametrize(
        ("script", "theirs"), [("", ["product-2"]), ('data-consent="given"', ["product-2", "product-1"])]
    )
    def test_who_signs_in_is_followed_by_their_token(
        self, visiting: Visiting, sign: Sign, script: str, theirs: list[str]
    ) -> None:
        visit = visiting()
        page = visit.open("single_page.html", script=script)
        person = f"person-{uuid.uuid4()}"
        visit.await_views(who(page), "product-1")
        page.evaluate("([id, token]) => vitrine.user(id, token)", [person, sign(person)])
        with page.expect_response(lambda answer: "product-2/similar" in answer.url) as answer:
            page.evaluate("location.hash = 'product-2'")
        assert answer.value.request.all_headers()["user-id"] == person
        visit.await_views(person, *theirs)
        page.evaluate("vitrine.user()")
        page.evaluate("location.hash = 'product-3'")
        visit.await_views(who(page), "product-3", "product-1")

    def test_who_is_signed_in_already_stands_in_the_page(self, visiting: Visiting, sign: Sign) -> None:
        visit, person = visiting(), f"person-{uuid.uuid4()}"
        visit.open("single_page.html", script=f'data-user="{person}" data-user-token="{sign(person)}"')
        visit.await_views(person, "product-1")

    def test_of_whom_is_known_all_is_theirs_from_the_first_view(self, visiting: Visiting, sign: Sign) -> None:
        visit, person = visiting(), f"person-{uuid.uuid4()}"
        given = f'data-user="{person}" data-user-token="{sign(person)}" data-consent="given"'
        page = visit.open("single_page.html", script=given)
        visit.await_views(person, "product-1")
        assert {(each["userId"], each["anonymousId"]) for each in visit.messages()} == {(person, who(page))}


class TestConsent:
    def test_without_it_nothing_is_kept(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("plain.html")
        first = who(page)
        visit.await_views(first, "product-1")
        assert page.evaluate(STORED) == 0
        page.reload()
        page.wait_for_function("window.vitrine")
        assert who(page) != first
        assert page.evaluate(f"indexedDB.databases().then(found => found.length + {STORED})") == 0

    def test_with_it_the_visitor_is_known_again_until_it_is_taken_back(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("plain.html", script='data-consent="given"')
        first = who(page)
        page.reload()
        page.wait_for_function("window.vitrine")
        assert who(page) == first == page.evaluate("localStorage.vitrine")
        page.evaluate("vitrine.consent(false)")
        assert page.evaluate(STORED) == 0
        assert who(page) != first
        second = who(page)
        page.evaluate("vitrine.consent(true)")
        assert page.evaluate("localStorage.vitrine") == who(page) == second
        assert visit.context.cookies() == []

    @pytest.mark.parametrize("signal", [("doNotTrack", "'1'"), ("globalPrivacyControl", "true")])
    def test_who_is_not_to_be_followed_is_not(self, visiting: Visiting, signal: tuple[str, str]) -> None:
        name, value = signal
        visit = visiting()
        visit.context.add_init_script(
            f"Object.defineProperty(Navigator.prototype, '{name}', {{configurable: true, get: () => {value}}})"
        )
        page = visit.open("plain.html", script='data-do-not-track="respect" data-consent="given" data-user="user-1"')
        first = who(page)
        assert drawn(page, "#home", 5) == SOLD[:5]
        page.evaluate("vitrine.consent(true)")
        page.evaluate("vitrine.user('user-1', 'token')")
        page.click("#add")
        page.wait_for_timeout(1000)
        assert page.evaluate(STORED) == 0
        page.reload()
        drawn(page, "#home", 5)
        assert who(page) != first
        assert visit.sent() == []
        # Without being asked to respect it, it is a visit as any other.
        other = visit.open("plain.html")
        visit.await_views(who(other), "product-1")


class TestSending:
    def test_what_the_network_loses_is_sent_again(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("single_page.html")
        person = who(page)
        visit.await_views(person, "product-1")
        failed: list[Request] = []
        page.on("requestfailed", lambda request: failed.append(request))  # noqa: PLW0108
        visit.context.set_offline(True)
        page.evaluate("location.hash = 'product-2'")

        def lost() -> int:
            page.wait_for_timeout(50)
            return len([each for each in failed if each.url.endswith("/v1/batch")])

        wait_until(lambda: lost() >= 2, what="it is not tried again")
        visit.context.set_offline(False)
        visit.await_views(person, "product-2", "product-1")
        tries = [each for each in visit.messages() if each["properties"].get("product_id") == "product-2"]
        assert len(tries) >= 3
        assert len({(each["messageId"], each["timestamp"]) for each in tries}) == 1

    def test_what_is_above_the_limit_is_sent_again(self, visiting: Visiting, closed_api: Api) -> None:
        visit = visiting(requests_per_minute=6)
        page = visit.open("woocommerce.html")
        visit.await_views(who(page), "product-1")
        address, headers = f"{closed_api.url}products/trending/", bearer(visit.key)
        answered: list[int] = []
        page.on("response", lambda answer: answered.append(answer.status) if answer.url.endswith("/v1/batch") else None)
        while 429 not in answered:
            # By and by there is room again, on a busy machine before the page asks.
            wait_until(lambda: whichever.get(address, headers=headers).status_code == 429, what="there is no limit")
            with page.expect_response("**/v1/batch"):
                page.click(".remove")

        def arrived() -> bool:
            page.wait_for_timeout(100)
            return answered[-1] == 200

        wait_until(arrived, what=lambda: str(answered))
        removed = {each["messageId"] for each in visit.messages() if each["event"] == "Product Removed"}
        wait_until(lambda: len(visit.events(who(page))) == len(removed), what=lambda: str(visit.events(who(page))))

    def test_what_is_refused_is_not_sent_again(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("woocommerce.html")
        with page.expect_response(lambda answer: answer.status == 400):
            page.evaluate("gtag('event', 'view_item', {items: [{item_id: 'not an id'}]})")
        page.wait_for_timeout(2500)
        assert len([each for each in visit.sent() if "not an id" in str(each.post_data)]) == 1
        visit.await_views(who(page), "product-1")

    def test_what_waits_when_a_page_is_left_goes_as_a_beacon(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("woocommerce.html")
        visit.await_views(who(page), "product-1")
        page.evaluate(
            """() => {
              document.querySelector('.remove').click()
              dispatchEvent(new PageTransitionEvent('pagehide'))
            }"""
        )
        wait_until(lambda: visit.events(who(page)), what="what waited is lost")
        assert [each.resource_type for each in visit.sent()] == ["fetch", "ping"]

    def test_it_is_text_in_segments_form(self, visiting: Visiting) -> None:
        visit = visiting()
        page = visit.open("woocommerce.html")
        visit.await_views(who(page), "product-1")
        (request,) = visit.sent()
        assert request.all_headers()["content-type"].startswith("text/plain")
        (body,) = visit.bodies()
        assert set(body) == {"batch", "writeKey", "sentAt"}
        (message,) = body["batch"]
        assert message["anonymousId"] == who(page)
        assert message["context"] == {"source": "desktop"}
        assert {"messageId", "timestamp"} < set(message)
        # No browser asks first.
        assert [each.method for each in visit.requests if each.url.endswith("/v1/batch")] == ["POST"]


class TestThePage:
    def test_has_one_name_more(self, visiting: Visiting) -> None:
        visit = visiting()
        visit.context.add_init_script("window.before = Object.getOwnPropertyNames(window)")
        page = visit.open("plain.html")
        added = page.evaluate("Object.getOwnPropertyNames(window).filter(name => !before.includes(name))")
        # Elements with an id are no names of the window's own.
        assert set(added) - {"before"} == {"vitrine", "dataLayer"}

    def test_goes_on_without_storage_and_without_the_api(self, visiting: Visiting) -> None:
        visit = visiting()
        visit.context.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
        )
        visit.context.route("**/api/v1/**", lambda route: route.abort())
        page = visit.open("plain.html", script='data-consent="given"')
        page.evaluate("vitrine.consent(true), vitrine.consent(false), vitrine.user(Symbol(), {})")
        page.evaluate("vitrine.user()")
        page.click("#add")
        visit.await_views(who(page), "product-1")

    def test_may_load_it_twice(self, visiting: Visiting) -> None:
        visit = visiting()
        text = (SHOPS / "woocommerce.html").read_text()
        (line,) = re.findall(r"<script async .*</script>", text)
        page = visit.open("twice.html", html=text.replace(line, line * 2))
        page.click(".remove")
        visit.await_views(who(page), "product-1")
        wait_until(lambda: visit.events(who(page)), what="nothing is taken out")
        assert sorted(each["event"] for each in visit.messages()) == ["Product Removed", "Product Viewed"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", (PROJECT_FOLDER / "docs" / page).read_text(), re.MULTILINE | re.DOTALL
    )


class TestItsPages:
    """What the documentation shows, as it is shown."""

    def test_the_page(self, visiting: Visiting) -> None:
        shown, *_ = blocks("pages.md", "html")
        visit = visiting()
        page = visit.open("shop.html", html=f"<!doctype html>{shown}")
        person = who(page)
        assert_sold(drawn(page, "[data-vitrine-recommendations=home]", 5))
        assert drawn(page, "[data-vitrine-recommendations=beside]", 3) == SOLD[1:4]
        assert page.locator("[src='/images/product-2.jpg']").count() == 1
        page.click("button")
        visit.await_views(person, "product-1")
        wait_until(lambda: "ProductAdded" in dict(visit.events(person)), what="nothing is in the cart")

    def test_the_lines_of_consent_and_of_who_is_signed_in(self, visiting: Visiting, sign: Sign) -> None:
        _, consent, signed_in = blocks("pages.md", "html")
        visit = visiting()
        page = visit.open("shop.html", html=f"<!doctype html>{consent}")
        assert page.evaluate("localStorage.vitrine") == who(page)
        person = f"person-{uuid.uuid4()}"
        line = signed_in.replace("user-1", person).replace("USER_TOKEN", sign(person))
        visit.open("shop.html", html=f"<!doctype html>{line}<p data-vitrine-view='product-3'></p>")
        visit.await_views(person, "product-3")

    @pytest.mark.parametrize("way", [0, 1])
    def test_google_s_ways(self, visiting: Visiting, way: int) -> None:
        """The line in the page, and what Google Tag Manager puts into it."""
        lines, (pushes,) = blocks("ga4.md", "html"), blocks("ga4.md", "js")
        gtag = "window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) }"
        visit = visiting()
        page = visit.open("shop.html", html=f"<!doctype html><script>{gtag}\n{pushes}</script>{lines[way]}")
        person = who(page)
        visit.await_views(person, "product-1")
        added = {"productid": "product-1", "quantity": 2, "price": 19.9}
        visit.await_events(person, [("ProductAdded", added)])

    def test_woocommerce(self, visiting: Visiting) -> None:
        (php,), (block,), (consent,) = (blocks("woocommerce.md", language) for language in ("php", "html", "js"))
        (line,) = re.findall("echo '(.*)';", php)
        shop = re.sub("<script async .*</script>", lambda _: line, (SHOPS / "woocommerce.html").read_text())
        visit = visiting()
        page = visit.open("shop.html", html=shop.replace("</body>", f"{block}<script>{consent}</script></body>"))
        person = who(page)
        first, *_ = products = drawn(page, "div", 4)
        assert_sold(products)
        assert page.get_attribute("li a", "href") == f"/?p={first}"
        said = "new CustomEvent('wp_listen_for_consent_change', {detail: {statistics: '%s'}})"
        page.evaluate(f"document.dispatchEvent({said % 'allow'})")
        assert page.evaluate("localStorage.vitrine") == person
        page.evaluate(f"document.dispatchEvent({said % 'deny'})")
        assert page.evaluate(STORED) == 0
        visit.await_views(person, "product-1")
