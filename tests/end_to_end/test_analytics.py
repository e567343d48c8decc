"""`make pipeline` in what `make up` has started: figures of the sample shop and of real households, in API and browser.

Each is computed a second time here, from the shop's tables and the CSV files.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pandas
import psycopg2
import pytest
from playwright.sync_api import Browser, expect

from local_stack.postgres import SUPERUSER
from tests.curl import curl
from tests.end_to_end.clone import Clone
from tests.end_to_end.test_readme import ANALYTICS, EXAMPLES
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.analytics.pages import visit

# The first test waits for `make up` in a fresh clone.
ORDERS = """
    SELECT to_char(date_trunc('month', ordered_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD'), count(*),
           count(DISTINCT order_id), sum(quantity), count(DISTINCT user_id)
    FROM orders JOIN order_items USING (order_id) GROUP BY 1 ORDER BY 1
"""


@pytest.fixture(scope="module")
def published(clone: Clone, shown: str, real_data: Path) -> str:
    """What `make pipeline` printed; the lines of real households are in it as well."""
    assert "have not succeeded yet" not in shown
    return clone.run(f"make --silent pipeline CSV={real_data / 'completejourney'}")


@pytest.fixture(scope="module")
def lines(real_data: Path) -> pandas.DataFrame:
    """The lines of real households, as they lie in the file; what has no quantity is a return."""
    file = real_data / "completejourney" / "transactions_sample.csv.gz"
    found = pandas.read_csv(file, dtype={"household_id": str, "basket_id": str, "product_id": str})
    found["at"] = pandas.to_datetime(found.transaction_timestamp)
    return found[found.quantity > 0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.usefixtures("published")
def test_months_of_real_households(clone: Clone, lines: pandas.DataFrame) -> None:
    months = lines.groupby(lines["at"].dt.strftime("%Y-%m-01"))
    expected = {
        month: (len(of), of.quantity.sum(), round(of.sales_value.sum(), 2)) for month, of in months if str(month)
    }
    found = rows(clone, "sales", by="month", source="completejourney")
    assert {row["period"]: (row["lines"], row["quantity"], float(row["spend"])) for row in found} == expected


@pytest.mark.usefixtures("published")
def test_profiles_of_real_households(clone: Clone, lines: pandas.DataFrame) -> None:
    spend = lines.groupby("household_id").sales_value.sum().sort_values()
    for household in (spend.index[0], spend.index[len(spend) // 2], spend.index[-1]):
        own = lines[lines.household_id == household]
        profile = get(clone, f"households/{household}/")
        assert profile["household_id"] == household
        assert profile["baskets"] == own.basket_id.nunique()
        assert float(profile["spend"]) == pytest.approx(own.sales_value.sum())
        assert profile["first_basket_at"][:19] == own["at"].min().isoformat()
        assert profile["last_basket_at"][:19] == own["at"].max().isoformat()


@pytest.mark.usefixtures("published")
def test_months_of_the_sample_shop(clone: Clone) -> None:
    found = rows(clone, "sales", by="month", source="shop")
    shown = [(row["period"], row["lines"], row["baskets"], row["quantity"], row["owners"]) for row in found]
    assert shown == in_the_shop(clone, ORDERS)
    assert shown


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("command", [command for command in EXAMPLES if ANALYTICS in command])
def test_the_data_api_answers_in_the_form_that_the_readme_shows(clone: Clone, command: str) -> None:
    """Names and types: the figures are those of the sample shop of the day."""
    answer = curl(command, port=clone.settings.stack_api_port)
    assert form_of(json.loads(answer)) == form_of(json.loads(EXAMPLES[command]))


@pytest.mark.usefixtures("published")
def test_the_dashboard_shows_the_sample_shop(clone: Clone, browser: Browser) -> None:
    month, _, orders, _, customers = in_the_shop(clone, ORDERS)[-1]
    with visitor(browser) as context:
        page = context.new_page()
        visit(page, f"http://127.0.0.1:{clone.settings.stack_dashboard_port}")
        page.get_by_role("combobox").first.click()
        page.get_by_role("option", name="shop").click()
        expect(page.get_by_text(f"Orders in {month[:7]}")).to_be_visible()
        figures = page.get_by_test_id("stMetricValue")
        expect(figures.nth(1)).to_have_text(f"{orders:,}")
        expect(figures.nth(2)).to_have_text(f"{customers:,}")
        expect(page.get_by_test_id("stException")).to_have_count(0)


def form_of(answer: object) -> object:
    if isinstance(answer, dict):
        return {name: form_of(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [form_of(value) for value in answer[:1]]
    return "number" if isinstance(answer, int | float) else type(answer).__name__


def get(clone: Clone, path: str, **parameters: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{clone.settings.stack_api_port}/api/v1/analytics/{path}"
    answer = httpx.get(url, params=parameters, timeout=120)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows(clone: Clone, path: str, **parameters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(clone, f"{path}/", limit="1000", **parameters)["rows"]
    return found


def in_the_shop(clone: Clone, query: str) -> list[tuple[Any, ...]]:
    port = clone.settings.stack_postgres_port
    with (
        closing(psycopg2.connect(host="127.0.0.1", port=port, user=SUPERUSER, dbname="vitrine_shop")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return cursor.fetchall()
