"""What is known of each experiment, out of the published marts into Postgres; whether it ends; who is told."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.analytics.notifying import notify
from vitrine.experiments.confidence import Sums
from vitrine.experiments.judging import FINAL, SPLIT_ERROR, Judgement, Metric, Outcome, Verdict, judge
from vitrine.settings import ShopDatabaseSettings, WarehouseSettings, load
from vitrine.shop_database.connection import schema_errors, transaction

# A stopped experiment grows until the days of its last people are over, and what they did has landed.
_GROWING = timedelta(days=30)
_SUMS = ("people", "left_out", "counted", "conversions", "revenue", "revenue_squares", "clickers")

logger = logging.getLogger(__name__)


class Kept(NamedTuple):
    """An experiment as it is kept. `arms` are (name, weight), the control first."""

    number: int
    name: str
    primary: Metric
    planned: int
    stops_by_itself: bool
    is_running: bool
    told: str
    arms: Sequence[tuple[str, int]]


def compute(now: datetime) -> dict[str, Any]:
    """Judges all that run or were stopped lately; returns the verdict on each by its name.

    It says so in the log, and to VITRINE_NOTIFY, once for each verdict: an alarm of a skewed split, or an end. One that
    stops by itself is stopped with its end. Doing it again changes nothing. Raises ShopDatabaseUnavailableError,
    SchemaError.
    """
    settings = load(ShopDatabaseSettings)
    with _writing(settings) as cursor:
        # Who comes second, from a shell or from Airflow, waits.
        cursor.execute("LOCK TABLE experiment_results IN SHARE ROW EXCLUSIVE MODE")
        published = _published_at(cursor)
        if published is None:
            return {"nothing_published": True}
        judged = [(each, judge(_outcomes(cursor, each), **_plan(each))) for each in _experiments(cursor, now)]
        for each, found in judged:
            _keep(cursor, each, found, published, now)
    for each, found in judged:
        _tell(settings, each, found)
    return {each.name: found.verdict for each, found in judged}


def message_of(experiment: Kept, found: Judgement) -> tuple[str, str]:
    """Title and text of what is to be said."""
    arm = f" ({found.arm})" if found.arm else ""
    title = f"Vitrine: experiment {experiment.name}: {found.verdict}{arm}"
    if found.verdict is Verdict.SKEWED:
        people = ", ".join(f"{row.arm} {row.people:,}" for row in found.rows if row.metric is Metric.CONVERSION)
        return title, (
            f"{found.skew:.0f} times likelier than with the weights that are meant, where {1 / SPLIT_ERROR:.0f} is the"
            f" alarm. Nothing can be said of the arms until the cause is found: {people}."
        )
    said = "It has been stopped." if experiment.stops_by_itself and experiment.is_running else "It may be stopped."
    if not experiment.is_running:
        said = "It was stopped before."
    return title, f"{found.counted:,} people counted, {experiment.planned:,} planned. {said}"


@contextmanager
def _writing(settings: ShopDatabaseSettings) -> Iterator[Cursor]:
    """A transaction over the tables of experiments, which `manage.py migrate` makes."""
    with schema_errors("keep what is known of experiments", "their tables"), transaction(settings) as cursor:
        yield cursor


def _published_at(cursor: Cursor) -> datetime | None:
    """When the marts were published that there are now; None before they hold anything of experiments."""
    cursor.execute(
        "SELECT to_regclass('marts.publish') IS NOT NULL AND to_regclass('marts.experiment_days') IS NOT NULL"
    )
    if next(iter(cursor)) != (True,):
        return None
    cursor.execute("SELECT published_at FROM marts.publish")
    published: datetime = next(iter(cursor))[0]
    return published


def _experiments(cursor: Cursor, now: datetime) -> list[Kept]:
    cursor.execute(
        """
        SELECT experiments.id, experiments.name, primary_metric, planned_people, stops_by_itself, state = 'running',
            told, array_agg(arms.name ORDER BY position), array_agg(weight ORDER BY position)
        FROM experiments JOIN experiment_arms AS arms ON arms.experiment_id = experiments.id
        WHERE state = 'running' OR stopped_at > %s
        GROUP BY experiments.id ORDER BY experiments.id
        """,
        (now - _GROWING,),
    )
    return [
        Kept(number, name, Metric(primary), planned, alone, runs, told, list(zip(names, weights, strict=True)))
        for number, name, primary, planned, alone, runs, told, names, weights in cursor
    ]


def _outcomes(cursor: Cursor, experiment: Kept) -> list[Outcome]:
    sums = ", ".join(f"sum({name})::float8" for name in _SUMS)
    query = f"SELECT arm, {sums} FROM marts.experiment_days WHERE experiment = %s GROUP BY arm"
    cursor.execute(query, (experiment.name,))
    found = {arm: dict(zip(_SUMS, values, strict=True)) for arm, *values in cursor}
    return [_outcome(arm, weight, found.get(arm, dict.fromkeys(_SUMS, 0.0))) for arm, weight in experiment.arms]


def _outcome(arm: str, weight: int, found: Mapping[str, float]) -> Outcome:
    counted = int(found["counted"])
    conversions, clickers = found["conversions"], found["clickers"]
    sums = {
        # Of a yes or no the square is itself.
        Metric.CONVERSION: Sums(counted, conversions, conversions),
        Metric.REVENUE: Sums(counted, found["revenue"], found["revenue_squares"]),
        Metric.CLICKS: Sums(counted, clickers, clickers),
    }
    return Outcome(arm, weight, int(found["people"]), sums, int(found["left_out"]))


def _keep(cursor: Cursor, experiment: Kept, found: Judgement, published: datetime, now: datetime) -> None:
    """Replaces what is known as of that day, and stops what is to stop by itself."""
    cursor.execute(
        "DELETE FROM experiment_results WHERE experiment_id = %s AND as_of = %s", (experiment.number, published.date())
    )
    columns = (
        *("experiment_id", "as_of", "arm", "metric", "is_primary", "people", "counted", "left_out", "mean"),
        *("difference", "low", "high", "verdict", "outcome", "skew", "power", "computed_at"),
    )
    statement = f"INSERT INTO experiment_results ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
    for row in found.rows:
        values = (
            *(experiment.number, published.date(), row.arm, row.metric, row.metric is experiment.primary),
            *(row.people, row.counted, row.left_out, row.mean, *(row.interval or (None, None, None)), row.verdict),
            *(found.verdict, found.skew, found.power, now),
        )
        cursor.execute(statement, values)
    if experiment.stops_by_itself and found.is_final:
        cursor.execute(
            "UPDATE experiments SET state = 'stopped', stopped_at = %s, stopped_because = %s, changed_at = %s"
            " WHERE id = %s AND state = 'running'",
            (now, f"{found.verdict}{f': {found.arm}' if found.arm else ''}", now, experiment.number),
        )


def _tell(settings: ShopDatabaseSettings, experiment: Kept, found: Judgement) -> None:
    """What no address took is told by the next run."""
    if found.verdict == experiment.told or found.verdict not in FINAL | {Verdict.SKEWED}:
        return
    title, text = message_of(experiment, found)
    logger.warning("%s: %s", title, text)
    if notify(load(WarehouseSettings).notify_addresses, title=title, text=text):
        with _writing(settings) as cursor:
            cursor.execute("UPDATE experiments SET told = %s WHERE id = %s", (found.verdict, experiment.number))


def _plan(experiment: Kept) -> dict[str, Any]:
    return {"primary": experiment.primary, "planned": experiment.planned}
