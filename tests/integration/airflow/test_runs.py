"""Runs of the DAGs by a real scheduler, triggered through Airflow's REST API."""

import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from benchmarks.views import publish_views
from local_stack import airflow
from local_stack.stack import LocalStack
from local_stack.supervision import is_alive
from tests.integration.airflow.running import (
    BEST_SELLERS,
    FEEDS,
    ORDERS,
    REBUILD,
    TRAIN,
    Run,
    connect_to_shop,
    process_of,
    running,
    trigger,
    wait,
    wait_until,
)
from tests.integration.pipelines.sessions import sessions
from tests.integration.storage.keyspaces import cassandra_settings
from vitrine.errors import StackError
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.storage import Link, ViewStore
from vitrine.storage.product_editing import ProductEditor
from vitrine.streaming import Erasure, ErasurePublisher, Selection, ViewPublisher, open_letters, read_erasures

ALL_ORDERS = {"backfill_from": "2020-01-01T00:00:00Z", "backfill_to": "2040-01-01T00:00:00Z"}
EVERYTHING = {"set_watermark_back_to": "1970-01-02T00:00:00Z"}


def test_orders_run_by_themselves_and_best_sellers_follow(shop: LocalStack) -> None:
    """Both by their schedules alone: nobody has unpaused or triggered anything."""
    api = airflow.api(shop.settings)
    wait_until(lambda: airflow.have_succeeded(api), what="not all that run by themselves have succeeded")
    runs = api.get(f"dags/{BEST_SELLERS}/dagRuns", state="success")["dag_runs"]
    assert {run["run_type"] for run in runs} <= {"asset_triggered", "scheduled"}


def test_a_run_counts_its_rows_on_both_sides_and_moves_the_watermark(shop: LocalStack) -> None:
    run = trigger(shop, ORDERS, EVERYTHING)
    assert wait(run) == "success"
    summary = run.result("finish")
    assert summary["mode"] == "everything"
    assert summary["rows_read"] == summary["rows_stored"] > 8000
    assert summary["rows_left_out"] == 0
    assert {task.name for task in run.tasks()} == {"plan", "copy_chunk", "finish"}


def test_a_run_with_nothing_new_skips_the_copying(shop: LocalStack) -> None:
    assert wait(trigger(shop, ORDERS)) == "success"
    run = trigger(shop, ORDERS)
    assert wait(run) == "success"
    assert [task.state for task in run.tasks("copy_chunk")] == ["skipped"]
    assert run.result("finish")["rows_read"] == 0


def test_best_sellers_tell_their_month(shop: LocalStack) -> None:
    run = trigger(shop, BEST_SELLERS)
    assert wait(run) == "success"
    assert run.result("replace")["categories"] > 0


def test_a_feed_is_carried_over_and_its_log_names_what_is_left_out(shop: LocalStack, feed: Path) -> None:
    run = trigger(shop, FEEDS)
    assert wait(run) == "success"
    assert [each["name"] for each in run.result("feeds")] == [str(feed)]
    log = run.log("land", number=0)
    assert "is left out: " in log
    assert "much" in log
    settings = cassandra_settings(shop, keyspace=load(CassandraSettings).cassandra_keyspace)
    with Link.connected(settings) as link:
        found = ProductEditor(link, "api").read(["feed-lamp", "feed-shade"])
    assert [(product.productid, product.title) for product in found.values()] == [("feed-lamp", "A lamp")]


def test_the_learner_takes_over_what_was_rebuilt(shop: LocalStack) -> None:
    assert wait(trigger(shop, ORDERS)) == "success"
    run = trigger(shop, REBUILD)
    assert wait(run) == "success"
    assert run.result("rebuild")["purchases"] > 8000
    model = shop.settings.stack_data_folder / "model"
    wait_until(lambda: not (model / "rebuilt").exists(), what="the learner has not taken it over")


def test_a_forest_that_is_better_is_published_and_one_that_is_not_is_refused(shop: LocalStack) -> None:
    settings = cassandra_settings(shop, keyspace=load(CassandraSettings).cassandra_keyspace)
    with Link.connected(settings) as link:
        assert ViewStore(link).write(sessions(4_500)) == []
    first = trigger(shop, TRAIN)
    assert wait(first) == "success"
    table = first.result("train")
    assert table["published"], table
    assert table["new"]["NDCG@10"] > table["linear"]["NDCG@10"]
    forest = shop.settings.stack_data_folder / "model" / "forest"
    published = forest.read_bytes()
    again = trigger(shop, TRAIN)
    assert wait(again) == "success"
    assert "nothing published: it is not better than the one in use" in again.result("train")["outcome"]
    assert forest.read_bytes() == published


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"backfill_from": "2026-10-01T00:00:00Z"}, "a backfill needs both backfill_from and backfill_to"),
        (
            {"backfill_from": "2026-10-02T00:00:00Z", "backfill_to": "2026-10-01T00:00:00Z"},
            "must be before backfill_to",
        ),
        ({**ALL_ORDERS, **EVERYTHING}, "a backfill leaves the watermark alone"),
        ({"set_watermark_back_to": "yesterday"}, "must be a time such as 2026-11-01T00:00:00Z, not 'yesterday'"),
        ({"backfil_from": "2026-10-01T00:00:00Z"}, "backfil_from"),
    ],
)
def test_times_that_make_no_sense_fail_at_once_with_a_sentence(
    shop: LocalStack, form: dict[str, str], complaint: str
) -> None:
    run = trigger(shop, ORDERS, form)
    assert wait(run) == "failed"
    assert [task.tries for task in run.tasks("plan")] == [1]
    log = run.log("plan")
    assert complaint in log
    assert "What to do" in log


@pytest.mark.parametrize("form", [{"backfill_from": 5}, {"allow_removal": "perhaps"}])
def test_what_is_of_another_type_is_refused_before_it_runs(shop: LocalStack, form: dict[str, object]) -> None:
    with pytest.raises(StackError, match=next(iter(form))):
        trigger(shop, ORDERS, form)


def test_a_run_that_would_remove_all_users_fails_at_once_until_it_is_allowed(shop: LocalStack) -> None:
    assert wait(trigger(shop, ORDERS)) == "success"
    rename_users(shop, "'moved-' || user_id")
    try:
        run = trigger(shop, ORDERS)
        assert wait(run) == "failed"
        assert [task.tries for task in run.tasks("plan")] == [1]
        assert "users with orders and 0 of 200 products from Cassandra" in run.log("plan")
        assert wait(trigger(shop, ORDERS, {"allow_removal": True})) == "success"
        assert wait(trigger(shop, ORDERS)) == "success"
    finally:
        rename_users(shop, "replace(user_id, 'moved-', '')")
        assert wait(trigger(shop, ORDERS, {"allow_removal": True})) == "success"


def test_a_killed_task_is_tried_again_and_the_run_succeeds(shop: LocalStack) -> None:
    run = trigger(shop, ORDERS, ALL_ORDERS)
    wait_until(lambda: any(map(process_of, run.tasks("copy_chunk"))), what="no chunk is being copied")
    killed = next(process for task in run.tasks("copy_chunk") if (process := process_of(task)))
    killed.kill()
    assert wait(run) == "success"
    assert max(task.tries for task in run.tasks("copy_chunk")) == 2
    summary = run.result("finish")
    assert summary["rows_read"] == summary["rows_stored"] > 8000


def test_a_run_waits_for_cassandra_to_come_back(shop: LocalStack) -> None:
    shop.stop("cassandra")
    try:
        run = trigger(shop, ORDERS, ALL_ORDERS)
        # A scheduled run may have begun before it, and then this one is queued until that one has ended.
        wait_until(
            lambda: any(retried(active) for active in running(shop, ORDERS)), what="no run waits to be tried again"
        )
        (waiting,) = running(shop, ORDERS)
    finally:
        shop.start("cassandra")
    assert wait(run) == "success"
    assert waiting.state() == "success"
    assert max(task.tries for task in waiting.tasks("plan")) > 1


def retried(run: Run) -> bool:
    return any(task.state == "up_for_retry" for task in run.tasks("plan"))


def test_dead_letters_are_counted_and_dropped_by_a_form(shop: LocalStack) -> None:
    kafka = KafkaSettings(kafka_bootstrap_servers=shop.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"])
    publisher = ViewPublisher(kafka)
    reason = f"no-view-{uuid4().hex}"
    publish_views(publisher, [("user-1", f'{{"event": "{reason}"}}'.encode())])
    publisher.close()
    wait_until(
        lambda: any(reason in letter.reason for letter in open_letters(kafka, Selection())), what="no letter has come"
    )
    form = {"reason": reason, "action": "drop"}
    assert wait(counted := trigger(shop, "dead_letters", form)) == "success"
    assert counted.result("settle") == {"settled": 1, "cut": 0}
    assert wait(dropped := trigger(shop, "dead_letters", form | {"only_count": False})) == "success"
    assert dropped.result("settle") == {"settled": 1, "cut": 0}
    assert list(open_letters(kafka, Selection(reason=reason))) == []
    assert wait(refused := trigger(shop, "dead_letters", {})) == "failed"
    assert "say which letters: by reason, topic or time" in refused.log("settle")


def test_an_erasure_is_done_to_its_end_and_no_log_names_the_person(shop: LocalStack) -> None:
    kafka = KafkaSettings(kafka_bootstrap_servers=shop.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"])
    assert wait(idle := trigger(shop, "erasures")) == "success"
    assert {task.name: task.state for task in idle.tasks()} == {
        "complete": "success",
        "analytics": "skipped",
        "finish": "skipped",
    }
    person = f"person-{uuid4().hex}"
    erasure = Erasure.of(person, now=time.time())
    with closing(ErasurePublisher(kafka)) as publisher:
        publisher.publish([erasure])
    assert wait(run := trigger(shop, "erasures")) == "success"
    assert run.result("complete") == {"erasures": 1, "pending": 1}
    assert run.result("finish") == {"finished": 1, "pending": 0}
    with closing(read_erasures(kafka)) as log:
        assert log.erasures == [erasure.finished()]
    assert [task.name for task in run.tasks() if person in run.log(task.name)] == []


@pytest.mark.parametrize("name", ["airflow-scheduler", "airflow-api-server"])
def test_a_killed_process_of_airflow_comes_back_in_the_middle_of_a_run(shop: LocalStack, name: str) -> None:
    run = trigger(shop, ORDERS, ALL_ORDERS)
    wait_until(lambda: run.state() == "running", what=lambda: f"the run is {run.state()}")
    shop.kill(name)
    shop.start(name)
    assert wait(run) == "success"


def test_the_children_of_a_killed_scheduler_end_with_it(shop: LocalStack) -> None:
    children = psutil.Process(shop.process_id("airflow-scheduler")).children(recursive=True)
    assert children
    shop.kill("airflow-scheduler")
    wait_until(lambda: not any(map(is_alive, children)), what="some children have not ended")


def rename_users(shop: LocalStack, name: str) -> None:
    """Gives all users another id; to the pipeline, those that it knows have gone."""
    with closing(connect_to_shop(shop)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"UPDATE orders SET user_id = {name}")
