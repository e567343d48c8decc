"""
### One person taken out of the analytics side

Only when somebody presses **Trigger**.

| | |
| --- | --- |
| reads | the form: what the person is, and their id |
| writes | the lake, the warehouse, the published marts and the samples of the checks: all without the person; the cache of the data API is emptied |

One task, `erase`. What the person did until now does not land again; what they do later does. Aggregates still count
them until the next build (`make pipeline`). The shop's own records are not touched: its tables, Cassandra, Kafka, and
the files that are landed.

The task returns, as JSON, how many rows and samples there were of them (its *XCom*, its log).

#### The form (Trigger)

- `kind`: `user` of the shop, `household` of completejourney, `customer` of Online Retail.
- `id`: as it stands in the source. Airflow keeps the form and the log of a run: delete the run when it is done.

#### When it fails

An empty `id` fails at once. Anything else is tried six times, with growing pauses; the reason is at the end of its log.
It may be done again at any time, and
is to be until it has succeeded once: a run that ended half-way has taken the person out of some places only. A
server was away: start it, then clear the task. While the warehouse is being built the task waits.

From a shell: `.analytics/bin/python -m vitrine.analytics erase KIND ID`.
"""  # noqa: E501 - a row of a table is one line

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from defaults import DEFAULT_ARGS, in_analytics


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "analytics"],
    description="One person taken out of lake, warehouse, marts, samples of the checks and cache",
    doc_md=__doc__,
    params={
        "kind": Param("user", enum=["user", "household", "customer"], title="Kind"),
        "id": Param(
            None,
            type=["null", "string"],
            pattern="^[A-Za-z0-9._~:@+-]{1,128}$",
            title="Id",
            description="As it stands in the source.",
        ),
    },
)
def erase_person() -> None:
    @task.bash(execution_timeout=timedelta(hours=1))
    def erase(**context: Any) -> str:  # noqa: ANN401 - Airflow's context
        asked = context["params"]
        if not asked["id"]:
            raise AirflowFailException("say in the form whom to erase: id is empty")
        # Without the space an id that ends in .sh would be taken for the name of a file.
        return in_analytics("vitrine.analytics", "erase", asked["kind"], "--", asked["id"]) + " "

    erase()


erase_person()
