"""The dbt project: what it promises of itself, and its numbers against those of plain SQL over the same files."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.lakes import land_completejourney
from tests.integration.analytics.running import Analytics
from vitrine.analytics.dbt import PROJECT, Dbt
from vitrine.analytics.describing import page_of_marts
from vitrine.settings import PROJECT_FOLDER, WarehouseSettings

# What DuckDB takes and BigQuery does not; macros/dialects.sql has both.
ONLY_DUCKDB = re.compile(
    r"::|\bfilter \(|\bisodow|\blist\(|\bto_json\(|\barg_max|\bgroup by all\b|\bdate_diff\(|\bepoch\("
)


@pytest.fixture(scope="module")
def manifest(built: Analytics) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built.folder / "warehouse.duckdb.dbt" / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def households(real_data: Path, tmp_path_factory: pytest.TempPathFactory, postgres_port: int) -> Analytics:
    """A warehouse over real households."""
    folder = tmp_path_factory.mktemp("households")
    land_completejourney(folder / "lake", real_data / "completejourney")
    analytics = Analytics(folder, postgres_port, "vitrine_shop")
    analytics.run("staging")
    analytics.run("marts")
    return analytics


@pytest.fixture(scope="module")
def plain(real_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same lines, without returns, as they lie in the file."""
    folder = real_data / "completejourney"
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE lines AS SELECT * FROM read_csv('{folder}/transactions_sample.csv.gz',"
            " types = {household_id: 'VARCHAR', product_id: 'VARCHAR', basket_id: 'VARCHAR',"
            " sales_value: 'DECIMAL(12,2)'}) WHERE quantity > 0"
        )
        connection.execute(
            f"CREATE TABLE products AS SELECT * FROM read_csv('{folder}/products.csv.gz', all_varchar = true)"
        )
        yield connection


def test_each_formula_does_what_its_unit_test_says(built: Analytics) -> None:
    settings = WarehouseSettings(warehouse_file=built.warehouse_file, lake=str(built.folder / "lake"))
    found = Dbt(settings).run("test", "--select", "test_type:unit")
    results = [result for result in found if result["unique_id"].startswith("unit_test.")]
    assert len(results) > 20
    assert [result["unique_id"] for result in results if result["status"] != "pass"] == []


def test_every_mart_has_a_contract_a_tested_key_and_no_column_without_a_description(manifest: dict[str, Any]) -> None:
    marts = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    tested = {
        (node["attached_node"], tuple(node["test_metadata"]["kwargs"].get("columns") or [node["column_name"]]))
        for node in manifest["nodes"].values()
        if (node.get("test_metadata") or {}).get("name") in {"unique", "unique_together"}
    }
    assert len(marts) > 20
    for mart in marts:
        assert mart["config"]["contract"]["enforced"], mart["name"]
        assert mart["description"], mart["name"]
        assert all(column["description"] for column in mart["columns"].values()), mart["name"]
        assert (mart["unique_id"], tuple(mart["config"]["meta"]["key"])) in tested, mart["name"]


def test_every_model_is_described(manifest: dict[str, Any]) -> None:
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert [node["name"] for node in nodes if not node["description"] and node["schema"] != "raw"] == []


def test_the_project_parses_for_bigquery(tmp_path: Path) -> None:
    command = [
        str(PROJECT.parent / ".analytics" / "bin" / "dbt"),
        "parse",
        "--target",
        "bigquery",
        "--no-partial-parse",
    ]
    options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(tmp_path)]
    done = subprocess.run(
        [*command, *options, "--log-path", str(tmp_path)],
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "manifest.json").read_text())["metadata"]["adapter_type"] == "bigquery"


def test_models_leave_to_macros_what_bigquery_writes_differently() -> None:
    models = sorted(PROJECT.glob("models/**/*.sql"))
    assert models
    assert [model.name for model in models if ONLY_DUCKDB.search(model.read_text())] == []


def test_two_steps_at_once_take_turns(analytics: Analytics) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(analytics.attempt, ("staging", "staging")))
    assert [each.returncode for each in done] == [0, 0]
    assert sum("waiting for it" in each.stderr for each in done) == 1


def test_sales_of_real_households(households: Analytics, plain: duckdb.DuckDBPyConnection) -> None:
    months = plain.execute(
        "SELECT date_trunc('month', transaction_timestamp)::DATE, count(*), count(DISTINCT basket_id),"
        " sum(quantity)::BIGINT, sum(sales_value) FROM lines GROUP BY 1 ORDER BY 1"
    ).fetchall()
    found = households.in_warehouse(
        "SELECT month_start, lines, baskets, quantity, spend FROM marts.sales_by_month ORDER BY 1"
    )
    assert found == months
    categories = plain.execute(
        "SELECT coalesce(product_category, 'unknown'), count(*), sum(sales_value)"
        " FROM lines LEFT JOIN products USING (product_id) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert categories == households.in_warehouse(
        "SELECT category, sum(lines), sum(spend) FROM marts.sales_by_category"
        " GROUP BY 1 HAVING sum(lines) > 0 ORDER BY 1"
    )
    assert households.in_warehouse("SELECT sum(returned_lines) FROM marts.sales_by_day") == [(416,)]


def test_profiles_of_real_households(households: Analytics, plain: duckdb.DuckDBPyConnection) -> None:
    expected = plain.execute(
        "SELECT household_id, count(DISTINCT basket_id), sum(sales_value), min(transaction_timestamp),"
        " max(transaction_timestamp), DATE '2018-01-01' - max(transaction_timestamp)::DATE"
        " FROM lines GROUP BY 1 ORDER BY 1"
    ).fetchall()
    found = households.in_warehouse(
        "SELECT household_id, baskets, spend, first_basket_at, last_basket_at, recency_days"
        " FROM marts.household_profiles WHERE baskets > 0 ORDER BY household_id"
    )
    assert found == expected
    shares = dict(households.in_warehouse("SELECT value_class, count(*) FROM marts.household_profiles GROUP BY 1"))
    assert shares["high"] == -(-len(expected) // 5)


def test_pairs_of_real_baskets(households: Analytics, plain: duckdb.DuckDBPyConnection) -> None:
    expected = plain.execute(
        "WITH b AS (SELECT DISTINCT basket_id, product_id FROM lines),"
        " n AS (SELECT product_id, count(*) AS baskets FROM b GROUP BY 1)"
        " SELECT x.product_id, y.product_id, count(*), round(count(*) / any_value(n.baskets), 6)"
        " FROM b AS x JOIN b AS y ON x.basket_id = y.basket_id AND x.product_id <> y.product_id"
        " JOIN n ON n.product_id = x.product_id GROUP BY 1, 2 HAVING count(*) >= 3 ORDER BY 1, 2"
    ).fetchall()
    found = households.in_warehouse(
        "SELECT product_id, other_product_id, baskets_together, confidence::DOUBLE"
        " FROM marts.basket_pairs ORDER BY 1, 2"
    )
    assert found == expected
    assert expected


def test_recommendations_say_where_they_come_from_and_how_good_they_are(built: Analytics) -> None:
    reasons = dict(built.in_warehouse("SELECT came_from, min(reason) FROM marts.recommendations GROUP BY 1"))
    assert reasons["bought-often"].startswith("you buy this often: ")
    assert reasons["best-sellers"] == "top seller of the last 90 days"
    lengths = "SELECT DISTINCT count(*) OVER (PARTITION BY owner_id) FROM marts.recommendations"
    assert built.in_warehouse(lengths) == [(10,)]
    measured = built.in_warehouse("SELECT recommender, measure FROM marts.recommender_quality ORDER BY ALL")
    names = ("best sellers", "best sellers, 90 days", "vitrine")
    assert measured == [(name, measure) for name in names for measure in ("HR@10", "HR@10, new products")]


def test_the_page_of_the_marts_is_up_to_date(manifest: dict[str, Any]) -> None:
    page = (PROJECT_FOLDER / "docs" / "marts.md").read_text()
    assert page == page_of_marts(manifest), "write it anew: python -m vitrine.analytics describe docs/marts.md"
