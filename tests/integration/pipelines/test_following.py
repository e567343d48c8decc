"""Products that change in the shop's Postgres, in the answers of an API that follows them: no DAG runs in between."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.serving import Api, await_ready, serving
from tests.integration.pipelines.shop import Shop, assert_equal, run
from tests.integration.storage.servers import stopped
from tests.waiting import wait_until
from vitrine.pipelines.following import CHANGES_MOST

# Each request by whichever process has the new connection.
WHICHEVER = httpx.Client(headers={"connection": "close", "user-id": "nobody"}, timeout=120)
IN_A_ROW = 10


@pytest.fixture
def variables(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environment | {
        "VITRINE_CATALOGUE_FOLLOWS_POSTGRES": "True",
        "VITRINE_STOREFRONT": "False",
        "VITRINE_MODEL_FOLDER": str(tmp_path),
    }


@pytest.fixture
def api(shop: Shop, variables: dict[str, str], tmp_path: Path) -> Iterator[Api]:
    """Two processes, over products that the DAG has carried over."""
    shop.add_products(30)
    run()
    with serving(tmp_path, **variables, VITRINE_API_WORKERS="2") as running:
        await_ready(running)
        await_shown(running, "product-1")
        yield running


def is_shown(api: Api, product: str) -> bool | None:
    """None while there is no answer."""
    answer = WHICHEVER.get(f"{api.url}user_history_recommendations/?limit=50")
    return product in answer.json()["products"] if answer.is_success else None


def await_shown(api: Api, product: str, *, shown: bool = True) -> None:
    """By every process."""
    wait_until(
        lambda: all(is_shown(api, product) is shown for _ in range(IN_A_ROW)),
        what=lambda: f"{product} is {'not' if shown else 'still'} shown:\n{api.log.read_text()}",
    )


def test_what_is_sold_out_goes_and_comes_back(shop: Shop, api: Api) -> None:
    shop.execute("UPDATE products SET in_stock = false WHERE product_id = 'product-7'")
    await_shown(api, "product-7", shown=False)
    shop.execute("UPDATE products SET in_stock = true, price = 77 WHERE product_id = 'product-7'")
    await_shown(api, "product-7")
    assert WHICHEVER.get(f"{api.url}catalogue/products/product-7/").json()["price"] == "77.00"
    assert_equal(shop)
    # What the DAG then carries over is the same.
    assert run()["rows_read"] == 1
    assert_equal(shop)


def test_what_is_new_comes_and_what_was_committed_late_too(shop: Shop, api: Api) -> None:
    with shop.transaction() as other:
        other.execute("UPDATE products SET in_stock = false WHERE product_id = 'product-8'")
        shop.execute("INSERT INTO products VALUES ('product-new', 'category-1', 'New', 5)")
        await_shown(api, "product-new")
        assert is_shown(api, "product-8")
    await_shown(api, "product-8", shown=False)
    assert_equal(shop)


def test_what_is_deleted_or_too_much_is_left_to_the_dag(shop: Shop, api: Api) -> None:
    shop.execute(
        "INSERT INTO products SELECT 'load-' || n, 'category-1', 'Load', 1 FROM generate_series(0, %s) n", CHANGES_MOST
    )
    shop.execute("DELETE FROM products WHERE product_id = 'product-9'")

    def is_sold_out() -> bool:
        # Again and again: what changes together with a load is part of it.
        shop.execute("UPDATE products SET in_stock = false WHERE product_id = 'product-10'")
        return is_shown(api, "product-10") is False

    wait_until(is_sold_out, what=api.log.read_text, pause=1)
    found = {row[0] for row in shop.products_in_cassandra()}
    assert "product-9" in found
    assert len(found) == 30
    run()
    assert_equal(shop)


def test_what_changes_while_cassandra_is_away_comes_when_it_is_back(shop: Shop, api: Api, stack: LocalStack) -> None:
    with stopped(stack, "cassandra"):
        shop.execute("UPDATE products SET in_stock = false WHERE product_id = 'product-11'")
        wait_until(lambda: "Cassandra, for the shop's products is away" in api.log.read_text(), what=api.log.read_text)
    await_shown(api, "product-11", shown=False)


def test_another_process_takes_over(shop: Shop, api: Api, variables: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    with serving(folder, **variables) as second:
        await_shown(second, "product-12")
        for process in [psutil.Process(api.process.pid), *psutil.Process(api.process.pid).children(recursive=True)]:
            os.kill(process.pid, signal.SIGKILL)
        shop.execute("UPDATE products SET in_stock = false WHERE product_id = 'product-12'")
        await_shown(second, "product-12", shown=False)
