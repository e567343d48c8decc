"""Alerts and dashboards: tried by promtool, in words that are declared, and none without what to do."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.integration.observability.programs import RULES, promtool
from vitrine.metrics.__main__ import EXPOSITIONS
from vitrine.settings import PROJECT_FOLDER

ALERTS = RULES / "alerts.yml"
TESTS = Path(__file__).with_name("alerts_test.yml")
DASHBOARDS = sorted((RULES / "dashboards").glob("*.json"))


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def questions() -> Iterator[str]:
    """What the panels ask."""
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            yield from (target["expr"] for target in panel.get("targets", ()))


def test_the_rules_and_the_configuration_are_valid() -> None:
    promtool("check", "rules", ALERTS)
    promtool("check", "config", RULES / "prometheus.yml")


def test_each_alert_fires_when_it_should(tmp_path: Path) -> None:
    for file in (ALERTS, TESTS):
        shutil.copy(file, tmp_path)
    promtool("test", "rules", tmp_path / TESTS.name)


def test_each_alert_is_seen_to_fire_and_seen_not_to() -> None:
    tried = [each for test in yaml.safe_load(TESTS.read_text())["tests"] for each in test["alert_rule_test"]]
    names = {rule["alert"] for rule in alerts()}
    assert {each["alertname"] for each in tried if each.get("exp_alerts")} == names
    assert {each["alertname"] for each in tried if not each.get("exp_alerts")} == names


def test_each_alert_has_what_to_do_and_there_is_no_other() -> None:
    text = (PROJECT_FOLDER / "docs" / "operations.md").read_text()
    section = text.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert [name for name, *_ in rows] == [rule["alert"] for rule in alerts()]


def test_what_the_dashboards_ask_is_valid(tmp_path: Path) -> None:
    asked = [question.replace("$__rate_interval", "1m") for question in questions()]
    assert len(asked) > 20
    rules = [{"record": f"question:{number}", "expr": question} for number, question in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "rules.yml")


def test_alerts_and_dashboards_name_what_is_declared() -> None:
    declared = {metric.name for exposition in EXPOSITIONS for metric in exposition.declared}
    expressions = [*questions(), *(rule["expr"] for rule in alerts())]
    used = {
        re.sub("_(bucket|count|sum)$", "", name) for text in expressions for name in re.findall(r"vitrine_\w+", text)
    }
    assert used <= declared
    # Each is on the dashboard, or an alert asks for it.
    assert declared - used <= {"vitrine_learner_batch_messages", "vitrine_consumer_lag_messages"} | _OF_THE_PAGE


# Shown by the page of operations, or of use to whoever asks Prometheus by hand.
_OF_THE_PAGE = {
    "vitrine_canaries_total",
    "vitrine_canary_last_freshness_seconds",
    "vitrine_quality_last_run_timestamp_seconds",
}
