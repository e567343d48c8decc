"""From the shop's tables to the shopper's page: what the API answers, against SQL over the same Postgres."""

import json
import sys
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Page

from local_stack import airflow
from local_stack.processes import OneShot, api_url
from local_stack.stack import LocalStack
from tests.integration.airflow import ui
from tests.integration.airflow.conftest import SHOP
from tests.integration.airflow.running import BEST_SELLERS, ORDERS, Run, connect_to_shop, trigger, wait, wait_until

View = tuple[datetime, str]
USERS = [f"user-{number}" for number in range(1, 301)]
SEED = SHOP[SHOP.index("--seed") + 1]

# The best sellers of the month before this one, each category's and, with an empty category, all.
BEST = """
    WITH sold AS (
        SELECT p.product_id, p.category_id, count(DISTINCT o.user_id) AS buyers, sum(i.quantity) AS pieces
        FROM orders o JOIN order_items i ON i.order_id = o.order_id JOIN products p ON p.product_id = i.product_id
        WHERE date_trunc('month', o.ordered_at AT TIME ZONE 'UTC')
            = date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month'
        GROUP BY p.product_id, p.category_id
    )
    SELECT coalesce(category_id, ''), array_agg(product_id::text ORDER BY buyers DESC, pieces DESC, product_id)
    FROM sold GROUP BY ROLLUP (category_id)
"""
# A product becomes a best seller, another one's buyers are gone, a third is of another category now.
CHANGES = """
    INSERT INTO orders SELECT 'order-new-' || n, 'user-' || n,
        date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day'
        FROM generate_series(1, 300) n;
    INSERT INTO order_items SELECT 'order-new-' || n, 'product-199', 1 FROM generate_series(1, 300) n;
    DELETE FROM order_items WHERE product_id = 'product-1';
    UPDATE products SET category_id = (SELECT category_id FROM products WHERE product_id = 'product-3')
        WHERE product_id = 'product-2'
"""
NEWEST = "SELECT product_id::text FROM products ORDER BY created_at DESC, product_id"
CATEGORIES = "SELECT product_id::text, category_id::text FROM products"


@pytest.fixture(scope="module")
def views(shop: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[View]]:
    """Each user's views, newest first, sent through Kafka; the last hundred users have none."""
    file = tmp_path_factory.mktemp("views") / "views.jsonl"
    generate = ("test_data_generator", "views", "--users", "200", "--products", "200", "--views", "4000")
    OneShot("make views", (sys.executable, "-m", *generate, "--seed", SEED, "--output", str(file))).run({})
    send = (sys.executable, "-m", "services.view_producer", str(file))
    OneShot("send views", send).run(shop.environment())
    found = _read(file)
    with httpx.Client(base_url=api_url(shop.settings)) as client:
        for user, views in found.items():
            latest = list(dict.fromkeys(product for _, product in views))[:10]
            wait_until(partial(_shows, client, user, latest), what=f"{user} is not shown {latest}")
    return found


def test_every_shopper_has_ten_recommendations_as_sql_would_choose_them(
    shop: LocalStack, views: dict[str, list[View]]
) -> None:
    run = trigger(shop, ORDERS)
    assert wait(run) == "success"
    assert wait(trigger(shop, BEST_SELLERS)) == "success"
    _assert_as_sql_says(shop, views)


def test_what_changes_in_postgres_changes_the_answers_after_a_click(
    shop: LocalStack, views: dict[str, list[View]], page: Page
) -> None:
    before = [_answers(shop, user) for user in USERS[-3:]]
    with closing(connect_to_shop(shop)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(CHANGES)
    run_id = ui.click_through(page, airflow.url(shop.settings), ORDERS, {})
    assert wait(Run(airflow.api(shop.settings), ORDERS, run_id)) == "success"
    # The asset starts best_sellers.
    wait_until(lambda: [_answers(shop, user) for user in USERS[-3:]] != before, what="the answers do not change")
    _assert_as_sql_says(shop, views)


def _assert_as_sql_says(shop: LocalStack, views: dict[str, list[View]]) -> None:
    with closing(connect_to_shop(shop)) as connection, connection.cursor() as cursor:
        cursor.execute(BEST)
        best: dict[str, list[str]] = dict(cursor.fetchall())
        cursor.execute(NEWEST)
        newest = [product for (product,) in cursor]
        cursor.execute(CATEGORIES)
        categories: dict[str, str] = dict(cursor.fetchall())
    # What is held in memory is up to five seconds old; who has no views has nothing but what SQL says.
    wait_until(
        lambda: _answers(shop, USERS[-1]).products == _expected([], best, newest, categories)[:10],
        what="the answers are not those of SQL",
    )
    answers = {user: _answers(shop, user) for user in USERS}
    for user, answer in answers.items():
        seen = views.get(user, [])
        # The model's come first, and are tested elsewhere.
        others = [product for product in _expected(seen, best, newest, categories) if product not in answer.learned]
        assert answer.products == [*answer.learned, *others][:10], user
        assert not {product for _, product in seen[:100]} & set(answer.learned)
    assert sum(answer.kind == "personalized" for answer in answers.values()) > 100
    assert sum(bool(answer.learned) for answer in answers.values()) > 100
    assert {answers[user].kind for user in USERS if user not in views} == {"non-personalized"}


class Answer(NamedTuple):
    """The products, and those of them that the model found."""

    products: list[str]
    learned: list[str]
    kind: str


def _expected(
    views: list[View], best: dict[str, list[str]], newest: list[str], categories: dict[str, str]
) -> list[str]:
    """What is not learned, in order, by sorting quotients instead of handing out places one by one."""
    lately = views[:100]
    viewed = {product for _, product in lately}
    weights: dict[str, float] = defaultdict(float)
    for time, product in lately:
        weights[categories[product]] += 2 ** ((time - datetime.now(UTC)).total_seconds() / 604_800)
    interests = sorted(weights, key=lambda category: -weights[category])[:3]
    quotients = sorted(
        (-weights[category] / (2 * place + 1), product)
        for category in interests
        for place, product in enumerate(product for product in best.get(category, []) if product not in viewed)
    )
    of_interest = [product for _, product in quotients]
    unseen = [product for product in (*of_interest, *best[""], *newest) if product not in viewed]
    return list(dict.fromkeys(unseen))


def _answers(shop: LocalStack, user: str) -> Answer:
    url = f"{api_url(shop.settings)}user_history_recommendations/?explain=true"
    answer = httpx.get(url, headers={"user-id": user}).raise_for_status().json()
    learned = [each["product"] for each in answer["explanations"] if each["source"] == "viewed-together"]
    return Answer(answer["products"], learned, answer["type"])


def _shows(client: httpx.Client, user: str, latest: list[str]) -> bool:
    answer = client.get("user_nav_history_latest_products/", headers={"user-id": user})
    return list(answer.raise_for_status().json()["products"]) == latest


def _read(file: Path) -> dict[str, list[View]]:
    found: dict[str, list[View]] = defaultdict(list)
    for line in reversed(file.read_text().splitlines()):
        view = json.loads(line)
        found[view["userid"]].append((datetime.fromisoformat(view["timestamp"]), view["properties"]["productid"]))
    return found
