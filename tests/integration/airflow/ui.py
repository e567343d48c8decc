"""Airflow's UI as an operator clicks through it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import unquote

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.integration.airflow import chromium
from vitrine.settings import AirflowSettings, load


@contextmanager
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody with cookies of their own, not logged in yet."""
    size = {"width": 1400, "height": 900}
    with chromium.visitor(browser, viewport=size, locale="en-US", timezone_id="UTC") as context:
        yield context


def ask_to_log_in(page: Page, url: str, username: str, password: str) -> None:
    """Opens the UI's start, where the login is asked for, and sends it off; more than five in 40 s are refused."""
    page.goto(url)
    page.wait_for_url("**/auth/login/**")
    page.fill("#username", username)
    page.fill("#password", password)
    page.get_by_role("button", name="Sign In").click()


@contextmanager
def operator(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A visitor who is logged in as the settings say; each of its pages is too."""
    login = load(AirflowSettings)
    with visitor(browser) as context:
        page = context.new_page()
        ask_to_log_in(page, url, login.airflow_username, login.airflow_password.get_secret_value())
        page.wait_for_url(lambda now: "/auth/login" not in now)
        page.get_by_role("link", name="Dags", exact=True).wait_for()
        page.close()
        yield context


def click_through(page: Page, url: str, dag_id: str, form: Mapping[str, datetime]) -> str:
    """Opens the DAG, presses Trigger, fills in the times by their titles in the form, sends it off; the run's id."""
    page.goto(f"{url}/dags/{dag_id}")
    page.get_by_role("button", name="Trigger").first.click()
    dialog = page.get_by_role("dialog").filter(has_text="Trigger Dag")
    for title, time in form.items():
        _fill_in(page, dialog, title, time)
    dialog.get_by_role("button", name="Trigger", exact=True).click()
    page.wait_for_url("**/runs/*")
    return unquote(page.url.rpartition("/")[2])


def _fill_in(page: Page, dialog: Locator, title: str, time: datetime) -> None:
    dialog.get_by_role("group").filter(has_text=title).get_by_test_id("datetime-input").click()
    for placeholder, text in (("YYYY/MM/DD", f"{time:%Y/%m/%d}"), ("HH:mm", f"{time:%H:%M}")):
        field = page.get_by_placeholder(placeholder).locator("visible=true")
        field.fill(text)
        field.press("Enter")
    opened = page.get_by_placeholder("HH:mm").locator("visible=true")
    if opened.count():
        page.keyboard.press("Escape")
    # It goes out of sight slowly; with the next one open there would be two.
    expect(opened).to_have_count(0)
