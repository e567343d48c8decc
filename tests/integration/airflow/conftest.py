"""A stack with Airflow, once for the tests of this folder, and a browser."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from local_stack import airflow
from local_stack.processes import TABLES, OneShot
from local_stack.stack import LocalStack, temporary_settings
from tests.integration.airflow import ui
from tests.integration.airflow.chromium import chromium

SHOP = ("--users", "300", "--products", "200", "--orders", "8000", "--seed", "7")


FEED = "id\ttitle\tprice\tavailability\nfeed-lamp\tA lamp\t49.90 EUR\tin_stock\nfeed-shade\tA shade\tmuch\tin_stock\n"


@pytest.fixture(scope="package")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one feed of the shop."""
    file = tmp_path_factory.mktemp("feed") / "feed.tsv"
    file.write_text(FEED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_CATALOGUE_FEEDS", str(file))
        yield file


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory, feed: Path) -> Iterator[LocalStack]:  # noqa: ARG001 - in the environment
    """Everything that `make up` starts, without samples, but with a shop that was there before Airflow.

    Nobody has started a DAG by hand.
    """
    changes = {"stack_airflow": True, "stack_sample_view_rate": 0.0}
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("airflow")).model_copy(update=changes))
    try:
        running.up(processes=False)
        TABLES.run(running.environment())
        load = (sys.executable, "-m", "test_data_generator", "shop", *SHOP)
        OneShot("load the shop of the tests", load).run(running.environment())
        running.up()
        yield running
    finally:
        running.clean()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def operator(shop: LocalStack, browser: Browser) -> Iterator[BrowserContext]:
    """Logged in once for all tests."""
    with ui.operator(browser, airflow.url(shop.settings)) as context:
        yield context


@pytest.fixture
def page(operator: BrowserContext) -> Iterator[Page]:
    """A new page of somebody who is logged in."""
    opened = operator.new_page()
    yield opened
    opened.close()
