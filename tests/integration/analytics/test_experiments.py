"""The step that judges experiments, over marts that were really published: results, the alarm, the end."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.analytics.receivers import WebhookServer
from tests.integration.analytics.running import Analytics
from tests.integration.analytics.test_publishing import publish_all

# Of each arm: who came, who is counted, who ordered.
Days = dict[str, tuple[int, int, int]]
EVEN: Days = {"usual": (5000, 5000, 500), "other": (5020, 5020, 505)}
BETTER: Days = {"usual": (5000, 5000, 500), "other": (5020, 5020, 760)}
SKEWED: Days = {"usual": (5000, 5000, 500), "other": (6000, 6000, 900)}


@pytest.fixture
def judged(analytics: Analytics) -> Analytics:
    """An experiment that runs, and one that stops by itself."""
    for name, stops in (("runs-on", "false"), ("stops", "true")):
        analytics.write(
            f"""
            INSERT INTO experiments (name, primary_metric, planned_people, stops_by_itself, state, salt, started_at,
                stopped_because, told, created_at, changed_at)
            VALUES ('{name}', 'conversion', 50000, {stops}, 'running', 'salt', now(), '', '', now(), now());
            INSERT INTO experiment_arms (experiment_id, position, name, weight, sources, model, shows_nothing)
            SELECT id, place, arm, 1, '{{}}', 'trained', false
            FROM experiments, (VALUES (0, 'usual'), (1, 'other')) AS arms (place, arm) WHERE experiments.name = '{name}'
            """,
        )
    return analytics


def publish_days(analytics: Analytics, days: Days) -> None:
    """As if these had taken part, in both experiments, on two days."""
    analytics.change("DELETE FROM marts.experiment_days")
    for experiment in ("runs-on", "stops"):
        for arm, (people, counted, orders) in days.items():
            for day, of_day in ((1, 2), (2, 1)):
                counts = f"{people * of_day // 3}, 1, {counted * of_day // 3}, {orders * of_day // 3}"
                money = f"{orders * 20 * of_day / 3:.2f}, {orders * 800 * of_day / 3:.4f}"
                values = f"'{experiment}', '{arm}', DATE '2026-01-0{day}', {counts}, {money}, {counted * of_day // 10}"
                analytics.change(f"INSERT INTO marts.experiment_days VALUES ({values})")
    publish_all(analytics)


def judge(analytics: Analytics) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "vitrine.experiments"],
        env={**os.environ, **analytics.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_before_the_first_publish_there_is_nothing_to_judge(judged: Analytics) -> None:
    assert judge(judged) == {"nothing_published": True}
    publish_all(judged)
    assert judge(judged) == {"runs-on": "too few people", "stops": "too few people"}
    assert judged.in_postgres("SELECT count(*), sum(people) FROM experiment_results") == [(12, 0)]


def test_each_metric_of_each_arm_is_kept_once_a_day(judged: Analytics, webhook: WebhookServer) -> None:
    judged.notify = webhook.address
    publish_days(judged, EVEN)
    for _ in range(2):
        assert judge(judged) == {"runs-on": "undecided", "stops": "undecided"}
    found = judged.in_postgres(
        "SELECT arm, metric, is_primary, people, counted, left_out, round(mean::numeric, 3), verdict, low < high"
        " FROM experiment_results JOIN experiments ON experiments.id = experiment_id WHERE name = 'stops'"
        " ORDER BY experiment_results.id"
    )
    assert [(arm, metric, primary) for arm, metric, primary, *_ in found] == [
        (arm, metric, metric == "conversion")
        for arm in ("usual", "other")
        for metric in ("conversion", "revenue", "clicks")
    ]
    assert [tuple(map(float, row[3:7])) for row in found[:2]] == [(4999, 4999, 2, 0.1), (4999, 4999, 2, 2.0)]
    assert [row[7:] for row in found[:2]] == [("control", None)] * 2
    assert [row[7:] for row in found[3:]] == [("undecided", True)] * 3
    assert judged.in_postgres("SELECT count(DISTINCT as_of) FROM experiment_results") == [(1,)]
    assert webhook.messages == []


def test_an_end_is_told_once_and_stops_what_stops_by_itself(judged: Analytics, webhook: WebhookServer) -> None:
    judged.notify = webhook.address
    publish_days(judged, BETTER)
    for _ in range(2):
        assert judge(judged) == {"runs-on": "better", "stops": "better"}
    assert judged.in_postgres("SELECT name, state, stopped_because FROM experiments ORDER BY name") == [
        ("runs-on", "running", ""),
        ("stops", "stopped", "better: other"),
    ]
    assert [message["title"] for message in webhook.messages] == [
        "Vitrine: experiment runs-on: better (other)",
        "Vitrine: experiment stops: better (other)",
    ]
    assert "It may be stopped." in webhook.messages[0]["message"]
    assert "It has been stopped." in webhook.messages[1]["message"]


def test_a_skewed_split_is_an_alarm_and_no_end(judged: Analytics, webhook: WebhookServer) -> None:
    judged.notify = webhook.address
    webhook.status = 500
    publish_days(judged, SKEWED)
    assert judge(judged) == {"runs-on": "skewed split", "stops": "skewed split"}
    # What no address took is told by the next run.
    webhook.status = 200
    webhook.messages.clear()
    judge(judged)
    judge(judged)
    assert [message["title"] for message in webhook.messages] == [
        f"Vitrine: experiment {name}: skewed split" for name in ("runs-on", "stops")
    ]
    assert "usual 4,999, other 6,000" in webhook.messages[0]["message"]
    assert judged.in_postgres("SELECT DISTINCT state FROM experiments") == [("running",)]
