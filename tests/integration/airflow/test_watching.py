"""What the watcher reads of Airflow is what Airflow's own API says."""

from datetime import datetime

from local_stack import airflow
from local_stack.processes import watcher_url
from local_stack.stack import LocalStack
from tests.integration.airflow.running import BEST_SELLERS, ORDERS, trigger, wait, wait_until
from tests.integration.metrics import assert_as_declared, shown_at
from vitrine.metrics.watcher import exposition
from vitrine.settings import AirflowSettings, ShopDatabaseSettings
from vitrine.shop_database.outcomes import DagOutcome, last_runs


def outcomes(shop: LocalStack) -> dict[str, DagOutcome]:
    settings = ShopDatabaseSettings(postgres_port=shop.settings.stack_postgres_port)
    return {outcome.dag: outcome for outcome in last_runs(settings, AirflowSettings())}


def test_the_last_run_of_a_dag_is_read(shop: LocalStack) -> None:
    api = airflow.api(shop.settings)
    wait_until(lambda: airflow.have_succeeded(api), what="not all that run by themselves have succeeded")
    # A backfill that ends before it begins.
    failed = trigger(shop, ORDERS, {"backfill_from": "2026-01-02T00:00:00Z", "backfill_to": "2026-01-01T00:00:00Z"})
    assert wait(failed) == "failed"
    wait_until(lambda: not outcomes(shop)[ORDERS].is_success, what="the failed run is not read")
    before = outcomes(shop)[ORDERS]
    succeeded = trigger(shop, ORDERS)
    assert wait(succeeded) == "success"
    wait_until(lambda: outcomes(shop)[ORDERS].is_success, what="the run that succeeded is not read")
    after = outcomes(shop)[ORDERS]
    assert before.succeeded_at is not None
    assert after.succeeded_at is not None
    assert after.succeeded_at > before.succeeded_at
    run = api.get(f"dags/{ORDERS}/dagRuns/{succeeded.run_id}")
    began, ended = (datetime.fromisoformat(run[name]) for name in ("start_date", "end_date"))
    assert abs(after.seconds - (ended - began).total_seconds()) < 0.01
    assert outcomes(shop)[BEST_SELLERS].is_success


def test_the_watcher_tells_of_it_and_shows_each_metric_of_the_table(shop: LocalStack) -> None:
    api, url = airflow.api(shop.settings), watcher_url(shop.settings)
    wait_until(lambda: airflow.have_succeeded(api), what="not all that run by themselves have succeeded")
    labels = {"dag": BEST_SELLERS}

    def is_told() -> bool:
        return shown_at(url).total("vitrine_dag_last_run_success", **labels) == 1

    wait_until(is_told, what="the watcher does not tell of it")
    shown = shown_at(url)
    assert shown.value("vitrine_watcher_source_up", source="runs") == 1
    assert shown.value("vitrine_dag_last_run_seconds", **labels) > 0
    assert shown.value("vitrine_dag_last_success_timestamp_seconds", **labels) > 0
    wait_until(lambda: shown_at(url).value("vitrine_canaries_total", outcome="seen") > 0, what="no canary is seen")
    assert_as_declared(exposition, shown_at(url))
