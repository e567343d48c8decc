"""
### The shop's own order of what is viewed together

Each day at 03:00 UTC: fits a forest of decision trees on what the shop's visitors viewed next, and publishes it when it
orders the candidates better than what orders them now.

| | |
| --- | --- |
| reads | Cassandra: `product_views`, the categories of `products`; the forest in use |
| writes | the folder of the model (`VITRINE_MODEL_FOLDER`): the file `forest` |

One task, `train`: replays the stored views, oldest first, into a model that begins with nothing, and asks it before
each view which product comes next. The newest fifth of the questions is held back: neither the new forest nor the one
in use has learned from them. On these the new one is compared, question by question, with the one in use, or with the
linear scorer where there is none. It is published, by renaming, only when its NDCG@10 is better by two standard errors;
the API takes it up by itself. With fewer than 4,000 questions to learn from nothing is fitted.

The task returns the table (its *XCom*, its log): the outcome in words, how many questions, and HR@10 and NDCG@10 of the
new forest, of the one in use and of the linear scorer.

It has to run on the machine of the API, or where the folder of the model is mounted.

#### When it fails

It is tried six times, with growing pauses; what was wrong is at the end of its log. The forest in use stays, so
shoppers notice nothing. Running it again is never wrong. To go back to the linear scorer, delete the file `forest`.

From a shell: `python -m vitrine.pipelines train-ranker`.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from defaults import DEFAULT_ARGS


@dag(
    schedule=CronTriggerTimetable("0 3 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "recommendations"],
    description="The shop's own forest, published when it is better on views that it has not seen",
    doc_md=__doc__,
)
def train_ranker() -> None:
    @task(execution_timeout=timedelta(hours=3))
    def train() -> dict[str, Any]:
        from vitrine.pipelines import train_ranker as pipeline

        return pipeline.train()

    train()


train_ranker()
