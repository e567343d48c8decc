"""The dashboard in a real browser, on the real API: over what was published, and without anything."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from local_stack.stack import free_ports
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.analytics.pages import PAGES, address, visit
from tests.integration.analytics.published import NOWHERE
from tests.integration.analytics.running import Analytics
from tests.integration.api.serving import NO_SERVERS, serving
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def dashboard(api_url: str, folder: Path) -> Iterator[str]:
    port = next(free_ports())
    environment = {"VITRINE_DASHBOARD_PORT": str(port), "VITRINE_DASHBOARD_API_URL": api_url}
    with (folder / "dashboard.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.dashboard"], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_up(url), what=(folder / "dashboard.log").read_text, seconds=90, pause=0.1)
        yield url
    finally:
        process.terminate()
        process.wait(120)


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=20).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def url(published: Analytics, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dashboard")
    environment = NO_SERVERS | published.environment | {"VITRINE_VALKEY_URL": NOWHERE}
    with serving(folder, **environment) as api, dashboard(api.url, folder) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that reaches this machine only."""
    with visitor(browser, viewport={"width": 1280, "height": 900}) as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        yield context.new_page()
        assert [each for each in asked if "//127.0.0.1:" not in each and not each.startswith(("data:", "blob:"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_each_page_shows_something_and_no_error(page: Page, url: str, name: str) -> None:
    visit(page, address(url, name))
    expect(page.locator(".stPlotlyChart, .stDataFrame, .stAlert").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    # Cassandra is not there: the overview says so of the views alone.
    expect(page.locator(".stAlert", has_text="API")).to_have_count(0)


def test_the_overview_shows_the_last_month_as_published(page: Page, url: str, published: Analytics) -> None:
    ((spend, owners),) = published.in_postgres(
        "SELECT spend, owners FROM marts.sales_by_month WHERE source = 'completejourney'"
        " ORDER BY month_start DESC LIMIT 1"
    )
    visit(page, url)
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text(f"{spend:,.2f}")
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text(f"{owners:,}")
    expect(page.get_by_text("Views now: Cassandra did not answer.")).to_be_visible()
    expect(page.locator(".stPlotlyChart")).to_have_count(2)


def test_one_household_s_profile(page: Page, url: str, published: Analytics) -> None:
    ((household, baskets),) = published.in_postgres(
        "SELECT household_id, baskets FROM marts.household_profiles ORDER BY spend DESC LIMIT 1"
    )
    visit(page, f"{url}/customers")
    field = page.get_by_role("textbox")
    field.fill(household)
    field.press("Enter")
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text(str(baskets))
    expect(page.get_by_text("The whole profile")).to_be_visible()
    field.fill("nobody")
    field.press("Enter")
    expect(page.get_by_text("There is no profile of nobody.")).to_be_visible()


@pytest.fixture
def experiment(published: Analytics) -> Iterator[str]:
    """One that was judged on two days: first undecided, then better, with a split that is skewed."""
    name = "home-control"
    published.write(
        f"""
        INSERT INTO experiments (name, primary_metric, planned_people, stops_by_itself, state, salt, started_at,
            stopped_because, told, created_at, changed_at)
        VALUES ('{name}', 'conversion', 40000, false, 'running', 'salt', now(), '', '', now(), now());
        INSERT INTO experiment_results (experiment_id, as_of, arm, metric, is_primary, people, counted, left_out, mean,
            difference, low, high, verdict, outcome, skew, power, computed_at)
        SELECT id, as_of, arm, 'conversion', true, 1234, 1200, 4, mean, difference, low, high, verdict, outcome, 2,
            'What it can find.', now()
        FROM experiments, (VALUES
            (DATE '2026-11-25', 'usual', .1, NULL, NULL, NULL, 'control', 'undecided'),
            (DATE '2026-11-25', 'other', .12, .02, -.01, .05, 'undecided', 'undecided'),
            (DATE '2026-11-26', 'usual', .1, NULL, NULL, NULL, 'control', 'skewed split'),
            (DATE '2026-11-26', 'other', .1325, .0325, .015, .05, 'better', 'skewed split')
        ) AS days (as_of, arm, mean, difference, low, high, verdict, outcome)
        WHERE experiments.name = '{name}'
        """
    )
    yield name
    published.write("TRUNCATE experiments CASCADE")


def test_an_experiment_s_arms_and_its_alarm(page: Page, url: str, experiment: str) -> None:
    visit(page, address(url, "experiments"))
    said = f"{experiment} is running; as of 2026-11-26: skewed split."
    expect(page.locator(".stAlert", has_text=said)).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text("2,468")
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text("8")
    expect(page.get_by_text("What it can find.")).to_be_visible()
    expect(page.locator(".stPlotlyChart")).to_have_count(1)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    # A table is drawn on a canvas; what is in it stands beside it for who cannot see it.
    expect(page.locator(".stDataFrame", has_text="better").first).to_be_attached()


def test_without_the_api_a_page_says_so(page: Page, tmp_path: Path) -> None:
    with dashboard(f"http://127.0.0.1:{next(free_ports())}/api/v1/", tmp_path) as alone:
        visit(page, f"{alone}/data-quality")
        expect(page.get_by_text("The API does not answer")).to_be_visible()
