"""Airflow's UI as an operator uses it, with a real browser."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from local_stack import airflow
from local_stack.airflow_api import AirflowApi
from local_stack.stack import LocalStack
from tests.integration.airflow.running import ORDERS, Run, wait, wait_until
from tests.integration.airflow.ui import ask_to_log_in, click_through, visitor
from vitrine.errors import StackError


def test_the_login_of_the_settings_opens_the_ui(shop: LocalStack, page: Page) -> None:
    page.goto(f"{airflow.url(shop.settings)}/dags")
    for dag in airflow.DAGS:
        expect(page.get_by_role("link", name=dag, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="example")).to_have_count(0)


def test_a_wrong_password_does_not(shop: LocalStack, browser: Browser) -> None:
    with visitor(browser) as stranger:
        page = stranger.new_page()
        ask_to_log_in(page, airflow.url(shop.settings), "airflow", "guessed")
        expect(page.get_by_text("Invalid login")).to_be_visible()
        assert "/auth/login" in page.url
    with pytest.raises(StackError, match="401"):
        AirflowApi(airflow.url(shop.settings), "airflow", "guessed").get("dags")


def test_a_run_is_started_by_filling_the_form_in(shop: LocalStack, page: Page) -> None:
    url = airflow.url(shop.settings)
    form = {"Backfill from": datetime(2020, 1, 1, tzinfo=UTC), "Backfill to": datetime(2030, 1, 1, 12, 30, tzinfo=UTC)}
    run = Run(airflow.api(shop.settings), ORDERS, click_through(page, url, ORDERS, form))
    assert wait(run) == "success"
    expect(page.get_by_text("Success").first).to_be_visible()
    summary = run.result("finish")
    assert summary["mode"] == "backfill"
    assert summary["rows_read"] == summary["rows_stored"] > 8000
    assert f"{summary['rows_read']} rows in Postgres, {summary['rows_stored']} in Cassandra" in run.log(
        "copy_chunk", number=0
    )


def test_the_watermark_is_on_the_page_of_the_dag(shop: LocalStack, page: Page) -> None:
    page.goto(f"{airflow.url(shop.settings)}/dags/{ORDERS}")
    page.get_by_role("link", name="Watermark", exact=True).click()
    inside = page.frame_locator("iframe")

    def is_known() -> bool:
        """On a busy machine Cassandra may be too slow for the page once."""
        if "not known at the moment" not in inside.locator("#watermark").inner_text():
            return True
        page.reload()
        return False

    wait_until(is_known, what="the watermark is not known")
    expect(inside.locator("#watermark")).to_have_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"))
    expect(inside.get_by_role("cell", name="there is no watermark yet")).to_be_visible()


def test_the_watermark_is_shown_to_nobody_who_is_not_logged_in(shop: LocalStack) -> None:
    answer = httpx.get(f"{airflow.url(shop.settings)}/vitrine/watermark")
    assert answer.status_code == 401


@pytest.mark.parametrize("dag", airflow.DAGS)
def test_the_documentation_is_on_the_page_of_the_dag(shop: LocalStack, page: Page, dag: str) -> None:
    page.goto(f"{airflow.url(shop.settings)}/dags/{dag}")
    page.get_by_role("button", name="Dag Docs").click()
    expect(page.get_by_role("heading", name="When it fails")).to_be_visible()
