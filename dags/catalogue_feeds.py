"""
### Google Merchant feeds into the catalogue

Each hour, for each feed that `VITRINE_CATALOGUE_FEEDS` names: XML (RSS or Atom) or TSV, also packed with gzip, at an
address or in a file.

| | |
| --- | --- |
| reads | the feeds |
| writes | Cassandra: `catalogue_products`, `catalogue_changes`; the API shows each change within a second |

Two tasks: `feeds` names them, `land` carries one over, each by itself. A product about which a feed says the same as
the last time stays as it is, also when the API has changed it since. What a feed names no more is taken out. An item
that cannot be taken is left out: the log of `land` names the first twenty with the reason.

#### The form (Trigger)

- `allow_removal`: a feed that names less than half of its products any more (`VITRINE_MAXIMUM_REMOVED_SHARE`) is more
  likely to be broken than the shop to be emptied: nothing of it is removed, and the task fails. If it is meant, switch
  this on.

#### When it fails

It is tried six times, with growing pauses; the reason is at the end of its log. What was carried over before stays, and
the other feeds are not kept from theirs. Running it again does no harm.

From a shell: `python -m vitrine.pipelines catalogue-feeds`.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from defaults import DEFAULT_ARGS


@dag(
    schedule=CronTriggerTimetable("15 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "recommendations"],
    description="The shop's products, as Google Merchant feeds tell of them",
    doc_md=__doc__,
    params={
        "allow_removal": Param(
            False, type="boolean", title="Allow removal", description="Also where a feed names most products no more."
        ),
    },
)
def catalogue_feeds() -> None:
    @task(execution_timeout=timedelta(minutes=5))
    def feeds() -> list[dict[str, str]]:
        from vitrine.pipelines import catalogue_feeds as pipeline

        return pipeline.named()

    @task(
        execution_timeout=timedelta(hours=1),
        max_active_tis_per_dagrun=2,
        map_index_template="{{ task.op_kwargs['feed']['name'] }}",
    )
    def land(feed: dict[str, str], **context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        from vitrine.errors import InvalidFeedError, PipelineError
        from vitrine.pipelines import catalogue_feeds as pipeline

        try:
            return pipeline.land(feed["feedid"], allow_removal=context["params"].get("allow_removal", False))
        except (InvalidFeedError, PipelineError) as error:
            raise AirflowFailException(str(error)) from None

    land.expand(feed=feeds())


catalogue_feeds()
