"""
### The model of what is viewed together, anew

Only when somebody presses **Trigger**: the learner keeps the model up to date by itself, view by view. For after a
change of the stored views by hand, a restored backup, or in doubt.

| | |
| --- | --- |
| reads | Cassandra: `product_views`, `order_views`; Kafka: how far the view consumer has come |
| writes | the folder of the model (`VITRINE_MODEL_FOLDER`): a file that the learner takes over |

One task, `rebuild`: learns every stored view and purchase in the order of time, and hands the finished model to the
learner, which takes it over within a second, at once and as a whole, and reads from Kafka what has come since. Until
then shoppers see the present model. Where no learner runs, the next one takes it over when it starts. The task returns
how many views and purchases it learned from (its *XCom*, its log).

It has to run on the machine of the learner, or where its folder is mounted.

#### When it fails

It is tried six times, with growing pauses; what was wrong is at the end of its log. The present model stays. A server
was away: start it, then clear the task or press **Trigger**. A full disk: it takes twice the size of the model. Another
rebuild was under way: it was enough. Running it again is never wrong.

From a shell: `python -m vitrine.pipelines rebuild-model`.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task
from defaults import DEFAULT_ARGS


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "recommendations"],
    description="The model of what is viewed together anew, from all stored views and orders",
    doc_md=__doc__,
)
def rebuild_model() -> None:
    @task(execution_timeout=timedelta(hours=1))
    def rebuild() -> dict[str, Any]:
        from vitrine.pipelines import rebuild_model as pipeline

        return pipeline.rebuild() or {}

    rebuild()


rebuild_model()
