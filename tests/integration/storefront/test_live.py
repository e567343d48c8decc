"""The shop in a browser: what Vitrine adds to it, and how it looks and reads."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import node
from tests.integration.airflow.chromium import visitor
from tests.integration.storefront.conftest import NAMES, PRODUCTS, SHOPPER, SOLD, Storefront
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER

AXE = PROJECT_FOLDER / "tests/security/snippet"
PATHS = ("", "?q=kettle", "products/shelf-1/", "cart/", "sign-in/", "products/nothing/")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def axe() -> str:
    node.install(AXE)
    return (AXE / "node_modules/axe-core/axe.min.js").read_text()


@pytest.fixture
def somebody(shop_browser: Browser, storefront: Storefront) -> Iterator[BrowserContext]:
    """Somebody new, whose pages raise nothing and break no policy."""
    errors: list[str] = []
    with visitor(shop_browser, base_url=storefront.url) as context:
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None,
        )
        yield context
    assert errors == []


def opened(context: BrowserContext, path: str = "") -> Page:
    page = context.new_page()
    page.goto(path)
    page.wait_for_function("window.vitrine")
    return page


def names(page: Page, name: str) -> list[str]:
    return page.locator(f'[data-list="{name}"] .name').all_text_contents()


def agree(page: Page) -> str:
    page.get_by_role("button", name="Know me again").click()
    found: str = page.evaluate("vitrine.visitor()")
    return found


def steps(page: Page, title: str) -> list[str]:
    """Of what just happened, once all of it has."""
    entry = page.locator("#happened .log > ol > li", has_text=title).first
    expect(entry.locator("ol > li")).to_have_count(4)
    return entry.locator("ol > li").all_text_contents()


def test_what_is_viewed_is_last_viewed_until_it_is_forgotten(somebody: BrowserContext) -> None:
    page = opened(somebody)
    expect(page.locator('[data-list="for-you"] .card')).to_have_count(6)
    assert names(page, "for-you") == [PRODUCTS[each] for each in SOLD[:6]]
    reason = page.locator('[data-list="for-you"] .reason').first
    expect(reason).to_have_css("opacity", "0")
    page.locator('[data-list="for-you"] .card').first.hover()
    expect(reason).to_have_css("opacity", "1")
    assert reason.text_content()
    agree(page)
    page.locator('[data-list="for-you"] a').nth(1).click()
    page.wait_for_url("**/products/shelf-1/")
    expect(page.locator('[data-list="last-viewed"] .name')).to_have_text([PRODUCTS["shelf-1"]])
    page.goto("")
    expect(page.locator('[data-list="last-viewed"] .name')).to_have_text([PRODUCTS["shelf-1"]])
    page.get_by_role("button", name=f"Forget {PRODUCTS['shelf-1']}").click()
    expect(page.locator('[data-list="last-viewed"]')).to_be_hidden()


def test_the_script_for_pages_draws_what_is_similar_and_the_shop_names_it(somebody: BrowserContext) -> None:
    page = opened(somebody, "products/shelf-1/")
    expect(page.locator("[data-snippet] .card")).to_have_count(6)
    expect(page.locator("[data-snippet] .name").first).to_have_text(re.compile("|".join(NAMES)))
    expect(page.locator("[data-snippet] .price").first).to_have_text("€19.90")


def test_the_panel_follows_a_view_a_cart_and_an_order(somebody: BrowserContext, storefront: Storefront) -> None:
    page = opened(somebody, "products/shelf-4/")
    person = agree(page)
    viewed = steps(page, "You viewed shelf-4")
    assert re.fullmatch(r"Kafka: product-views, partition \d+, offset \d+ · \d+ ms", viewed[0])
    assert re.fullmatch(rf"Cassandra: a row of {person} in product_views · \d+ ms", viewed[1])
    assert re.fullmatch(r"Model: (none yet|generation \d+, newest event [\d.]+ s ago) · \d+ ms", viewed[2])
    assert re.fullmatch(r"New answer \(personalized\): shelf-.* · \d+ ms", viewed[3])
    page.get_by_role("button", name="Put into the cart").click()
    expect(page.locator("#count")).to_have_text("1")
    added = steps(page, "You put into the cart shelf-4")
    assert re.fullmatch(rf"Cassandra: a row of {person} in shop_events · \d+ ms", added[1])
    # What is in the cart is not recommended.
    assert "shelf-4" not in added[3]
    page.goto("cart/")
    page.get_by_role("button", name="Order", exact=True).click()
    page.wait_for_function("document.querySelector('#order')")
    order = page.locator("#order").text_content()
    ordered = steps(page, f"You ordered {order}")
    assert re.fullmatch(r"Kafka: shop-events, partition \d+, offset \d+ · \d+ ms", ordered[0])
    assert page.url.endswith(f"/orders/{order}/")
    assert storefront.rows("SELECT user_id FROM orders WHERE order_id = %s", order) == [(person,)]


def test_a_visitor_who_signs_in_is_the_shopper(somebody: BrowserContext, storefront: Storefront) -> None:
    page = opened(somebody, "products/shelf-6/")
    agree(page)
    steps(page, "You viewed shelf-6")
    page.goto("sign-in/")
    page.get_by_role("button", name=SHOPPER).click()
    expect(page.locator("#happened")).to_contain_text(f"You are {SHOPPER} now")
    expect(page.locator('[data-list="last-viewed"] .name').first).to_have_text(PRODUCTS["shelf-6"])

    def history() -> list[str]:
        answer = httpx.get(
            f"{storefront.api.url}user_nav_history_latest_products/", headers={"user-id": SHOPPER}, timeout=120
        )
        found: list[str] = answer.json()["products"]
        return found

    wait_until(lambda: history()[:1] == ["shelf-6"], what=lambda: str(history()))
    page.goto("products/shelf-7/")
    steps(page, "You viewed shelf-7")
    wait_until(lambda: history()[:2] == ["shelf-7", "shelf-6"], what=lambda: str(history()))


def assert_readable(page: Page, axe: str) -> None:
    """With a screen reader as well, and in a narrow window."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    assert found == [], (page.url, json.dumps(found, indent=1))
    # Nothing is wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_read_it(
    shop_browser: Browser, storefront: Storefront, axe: str, scheme: str, size: dict[str, int]
) -> None:
    with visitor(shop_browser, base_url=storefront.url, color_scheme=scheme, viewport=size, bypass_csp=True) as context:
        page = context.new_page()
        for path in PATHS:
            page.goto(path)
            if "nothing" not in path:
                page.wait_for_function("window.vitrine")
                expect(page.locator("#happened")).to_be_visible()
            if not path:
                expect(page.locator('[data-list="for-you"] .card')).to_have_count(6)
            assert_readable(page, axe)
        page.goto("products/shelf-3/")
        page.get_by_role("button", name="Put into the cart").click()
        expect(page.locator("#count")).to_have_text("1")
        page.goto("cart/")
        assert_readable(page, axe)
        page.get_by_role("button", name="Order", exact=True).click()
        expect(page.locator("#order")).to_be_visible()
        assert_readable(page, axe)
