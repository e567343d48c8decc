"""
### Dead letters: messages that could not be stored, replayed or dropped

Only when somebody presses **Trigger**.

| | |
| --- | --- |
| reads | Kafka: the topic of dead letters (`VITRINE_DEAD_LETTER_TOPIC`), the form |
| writes | Kafka: a replayed letter to the topic that it came from; a mark for each settled letter, so that each is settled once |

One task, `settle`. Mend first what the reason names (`python -m services.dead_letters list` counts the letters by
reason): what still cannot be stored becomes a dead letter again.

#### The form (Trigger)

- `action`: `replay` sends them again, `drop` settles them without sending.
- `only_count`: say how many there are, and do nothing. It is on unless you switch it off.
- `reason`, `topic`, `since`, `until`: which letters; the times are those of the original messages. With none of them
  `everything` has to be on.

The task returns how many were settled (or would be), and how many cannot be replayed as only their first bytes were kept.

#### When it fails

A form that makes no sense fails at once. Anything else is tried six times, with growing pauses; the reason is at the end
of its log. It may be done again at any time: what is settled stays settled.

From a shell: `python -m services.dead_letters`.
"""  # noqa: E501 - a row of a table is one line

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from defaults import DEFAULT_ARGS


def _moment(title: str) -> Param:
    return Param(None, type=["null", "string"], format="date-time", title=title)


def _seconds(moment: str | None) -> float | None:
    """Unix seconds; a time without an offset is UTC."""
    if not moment:
        return None
    try:
        time = datetime.fromisoformat(moment)
    except ValueError:
        raise AirflowFailException(f"{moment!r} is no time such as 2026-11-01T00:00:00Z") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "events"],
    description="Dead letters are replayed to where they came from, or dropped",
    doc_md=__doc__,
    params={
        "action": Param("replay", enum=["replay", "drop"], title="Action"),
        "only_count": Param(True, type="boolean", title="Only count", description="Say how many, and do nothing."),
        "reason": Param("", type="string", title="Reason", description="A part of it, in any case."),
        "topic": Param("", type="string", title="Topic", description="That they came from."),
        "since": _moment("Since"),
        "until": _moment("Until"),
        "everything": Param(False, type="boolean", title="Everything", description="Also without any of these."),
    },
)
def dead_letters() -> None:
    @task(task_id="settle", execution_timeout=timedelta(hours=1))
    def settle_letters(**context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        from dataclasses import asdict

        from vitrine.settings import KafkaSettings, load
        from vitrine.streaming import Selection, settle

        form = context["params"]
        chosen = Selection(
            reason=form["reason"], topic=form["topic"], since=_seconds(form["since"]), until=_seconds(form["until"])
        )
        if chosen == Selection() and not form["everything"]:
            raise AirflowFailException("say which letters: by reason, topic or time, or switch everything on")
        fate: Literal["replayed", "dropped"] = "replayed" if form["action"] == "replay" else "dropped"
        return asdict(settle(load(KafkaSettings), chosen, fate, dry_run=form["only_count"]))

    settle_letters()


dead_letters()
