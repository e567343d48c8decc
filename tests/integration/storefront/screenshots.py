"""Makes the pictures of the shop from one that runs, with its sample shop and sample views.

.venv/bin/python -m tests.integration.storefront.screenshots docs/images
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.integration.airflow.chromium import chromium, visitor
from vitrine.settings import ApiSettings, load

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 780}


def screenshots(url: str, folder: Path) -> None:
    """Home on a desktop, a product with what just happened, home on a phone in the dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        with visitor(browser, base_url=url, viewport=DESKTOP) as context:
            page = context.new_page()
            _as_a_shopper(page)
            page.locator('[data-list="for-you"] .card').nth(1).hover()
            # What fades in.
            page.wait_for_timeout(500)
            page.screenshot(path=folder / "storefront-home.png")
            page.locator('[data-list="for-you"] a').first.click()
            # What was shown is told of too, and may come after it.
            viewed = page.locator("#happened .log > ol > li", has_text="You viewed").first
            expect(viewed.locator("ol li")).to_have_count(4)
            expect(page.locator("[data-snippet] .card")).to_have_count(6)
            # Pictures and what is asked for again after the view.
            page.wait_for_timeout(1000)
            page.screenshot(path=folder / "storefront-product.png")
        _on_a_phone(browser, url, folder)


def _on_a_phone(browser: Browser, url: str, folder: Path) -> None:
    with visitor(browser, base_url=url, viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        _as_a_shopper(page)
        page.screenshot(path=folder / "storefront-phone.png")


def _as_a_shopper(page: Page) -> None:
    page.goto("sign-in/")
    page.locator(".shoppers button").first.click()
    expect(page.locator('[data-list="for-you"] .card').first).to_be_visible()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    screenshots(f"http://localhost:{load(ApiSettings).api_port}/", Path(sys.argv[1]))
