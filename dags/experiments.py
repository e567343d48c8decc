"""
### What the arms of the experiments are worth

Runs when marts were published (the asset `marts_in_postgres`), and each day at 06:00 UTC.

| | |
| --- | --- |
| reads | Postgres: `experiments`, `experiment_arms`, `marts.experiment_days` |
| writes | Postgres: `experiment_results`; of an experiment that stops by itself and has come to its end, its state |
| tells | `VITRINE_NOTIFY` and the log, once for each: a skewed split, an arm that is better or worse, the planned end |

One task, `judge`: intervals that hold however often somebody looks, and a verdict on each experiment
(docs/experiments.md). It returns the verdicts by name.

#### When it fails

It is tried six times, with growing pauses; the reason is at the end of its log. The results that were there stay. If
Postgres was away, start it, then clear the task or press **Trigger**. Running it again does no harm.

From a shell: `.analytics/bin/python -m vitrine.experiments`.
"""

from datetime import timedelta

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from defaults import DEFAULT_ARGS, in_analytics


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 6 * * *", timezone="UTC"), assets=[Asset("marts_in_postgres")]
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "recommendations", "analytics"],
    description="What the arms of the experiments are worth; whether they end",
    doc_md=__doc__,
)
def experiments() -> None:
    @task.bash(execution_timeout=timedelta(minutes=20))
    def judge() -> str:
        return in_analytics("vitrine.experiments")

    judge()


experiments()
