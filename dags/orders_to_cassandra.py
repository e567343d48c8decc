"""
### Orders and products of the shop, out of Postgres into Cassandra

Every five minutes, and whenever somebody presses **Trigger**. A run with nothing new changes nothing.

| | |
| --- | --- |
| reads | Postgres: `orders`, `order_items`, `products`, and the log of their changes |
| writes | Cassandra: `order_views` (who bought what), `products`, `watermarks` |
| writes | Kafka, topic `purchases`: the lines that were not in Cassandra before, for the learner |
| then | announces the asset `orders_in_cassandra`, if there was anything to carry over: `best_sellers` waits for it |

1. `plan` looks for what has changed since the **watermark** and cuts it into chunks.
2. `copy_chunk`, once a chunk, at most two at a time: writes the rows, counts them in Postgres and in Cassandra, removes
   what is no more, and fails when the counts differ. A chunk is tried again alone; doing it twice changes nothing.
   A row that cannot be carried over (a price of NaN, more than Cassandra takes) is left out, named in the log, counted.
3. `finish` moves the watermark, last of all, and returns how many rows were read, stored and left out (its *XCom*, its
   log).

The watermark is a snapshot of Postgres' transactions, so neither a late row, nor a changed or deleted one, nor a
transaction that was still open, slips past. The tab **Watermark** of this page shows it, with the rows of each run.

#### The form (Trigger)

- `backfill_from`, `backfill_to`: carry over again what was ordered in this time (`to` is not part of it). The watermark
  stays where it is.
- `set_watermark_back_to`: first set the watermark back to where it was at this time, then carry over all that has
  changed since. A time before the history that is shown (a week) means: everything.
- `allow_removal`: go on although most users or products would be removed.

All empty: a run as by the schedule. Times are UTC unless they say otherwise.

#### When it fails

Each task is tried six times, with growing pauses; what was wrong is at the end of its log.

- *A server was away*: start it. The next run, five minutes later at most, does what this one did not. Kafka is needed
  only where there are new lines to announce.
- *The counts differ*: something else writes to `order_views`. Run again, then look who does.
- *It would remove* more than half (`VITRINE_MAXIMUM_REMOVED_SHARE`) of the users or products in Cassandra: nothing was
  changed, and every run stops until this is settled. Is Postgres empty, or another one? If the removal is meant,
  trigger with `allow_removal`.
- *Times that make no sense* are not tried again: trigger once more, with others.

In doubt trigger with `set_watermark_back_to` of a week ago: that costs time, nothing else.

From a shell: `python -m vitrine.pipelines orders-to-cassandra`, with `--help` for the same options.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, CronTriggerTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from defaults import DEFAULT_ARGS

LANDED = Asset("orders_in_cassandra")
# An event of the asset needs an alias where a run may also emit none.
LANDED_IF_ANY = AssetAlias("orders_in_cassandra_if_any")


def _moment(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date-time", title=title, description=description)


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=True),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "orders"],
    description="Orders and products: Postgres to Cassandra, by a watermark",
    doc_md=__doc__,
    params={
        "backfill_from": _moment("Backfill from", "Carry over again what was ordered from this time on."),
        "backfill_to": _moment("Backfill to", "… up to, but without, this time. The watermark stays where it is."),
        "set_watermark_back_to": _moment(
            "Set the watermark back to", "Carry over again all that has changed since this time. Not with a backfill."
        ),
        "allow_removal": Param(
            False,
            type="boolean",
            title="Allow removal",
            description="Go on although most users or products would be removed from Cassandra.",
        ),
    },
)
def orders_to_cassandra() -> None:
    # Tasks can be mapped over what a task returns only; the rest of the plan goes beside it.
    @task(execution_timeout=timedelta(minutes=15))
    def plan(**context: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - Airflow's context
        from vitrine.errors import PipelineError
        from vitrine.pipelines import orders_to_cassandra as pipeline

        try:
            made = pipeline.plan(**context["params"])
        # TypeError: what was triggered through the API may have a field that the form does not.
        except (PipelineError, TypeError) as error:
            raise AirflowFailException(str(error)) from None
        context["task_instance"].xcom_push("plan", made)
        return list(made["chunks"])

    @task(
        execution_timeout=timedelta(hours=1),
        max_active_tis_per_dagrun=2,
        map_index_template="{{ task.op_kwargs['chunk']['name'] }}",
    )
    def copy_chunk(chunk: dict[str, Any]) -> dict[str, Any]:
        from vitrine.pipelines import orders_to_cassandra as pipeline

        return pipeline.copy_chunk(chunk)

    # Without chunks the tasks between are skipped, which is no failure.
    @task(trigger_rule="none_failed", outlets=[LANDED_IF_ANY], execution_timeout=timedelta(minutes=30))
    def finish(
        made: dict[str, Any],
        copied: Sequence[dict[str, Any]],
        **context: Any,  # noqa: ANN401 - Airflow's context
    ) -> dict[str, Any]:
        from vitrine.pipelines import orders_to_cassandra as pipeline

        # A slice is one request to Airflow; the sequence asks for each of its values.
        summary = pipeline.finish(made, list(copied[:]))
        if made["chunks"]:
            context["outlet_events"][LANDED_IF_ANY].add(LANDED, extra=summary)
        return summary

    chunks = plan()
    finish(chunks["plan"], copy_chunk.expand(chunk=chunks))


orders_to_cassandra()
