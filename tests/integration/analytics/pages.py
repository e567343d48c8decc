"""The dashboard's pages and how a browser comes to one."""

from contextlib import suppress

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.integration.airflow.chromium import PATIENCE_MS

PAGES = ("overview", "customers", "products", "market", "data-quality", "recommender", "proof", "experiments")


def address(url: str, name: str) -> str:
    """The first page is at the top."""
    return url if name == PAGES[0] else f"{url}/{name}"


def visit(page: Page, address: str) -> None:
    """Comes back when Streamlit has nothing more to draw: what it draws again cannot be clicked on."""
    page.goto(address)
    heading = page.get_by_role("heading", level=1)
    with suppress(PlaywrightTimeout):
        heading.wait_for(timeout=PATIENCE_MS / 2)
    if not heading.count():
        # On a busy machine Streamlit's page was seen to stay empty until it was loaded again.
        page.reload()
    expect(heading).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
