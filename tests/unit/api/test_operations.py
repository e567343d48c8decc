"""What the page of operations makes of figures."""

from api.operations import parts
from api.operations.figures import Figures
from api.operations.parts import Line
from api.operations.recent import Recent

NOW = 1_800_000_000.0
WATCHER = """\
# TYPE vitrine_watcher_source_up gauge
vitrine_watcher_source_up{source="lag"} 0.0
vitrine_watcher_source_up{source="quality"} 1.0
# TYPE vitrine_group_lag_messages gauge
vitrine_group_lag_messages{topic="views",partition="0"} 12.0
vitrine_group_lag_messages{topic="views",partition="1"} 30.0
vitrine_group_lag_messages{topic="shop events",partition="1"} 7.0
# TYPE vitrine_canary_last_seen_timestamp_seconds gauge
vitrine_canary_last_seen_timestamp_seconds 1799999940.0
# TYPE vitrine_quality_checks gauge
vitrine_quality_checks{outcome="passed"} 10.0
vitrine_quality_checks{outcome="failed"} 2.0
# TYPE vitrine_quality_last_run_timestamp_seconds gauge
vitrine_quality_last_run_timestamp_seconds 1799913600.0
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_source_that_is_away_is_said_beside_what_was_seen_last() -> None:
    part = parts.lag(Figures.of(WATCHER))
    assert part.problem == "Kafka cannot be read: what stands here is old, or nothing."
    assert part.lines == [
        Line("Views not stored yet", "42"),
        Line("Carts, orders and the like not stored yet", "7"),
        Line("Partition 0", "12"),
        Line("Partition 1", "30"),
    ]


def test_what_somebody_should_look_at_is_marked() -> None:
    figures = Figures.of(WATCHER)
    assert [line.name for line in parts.freshness(figures, now=NOW).lines if line.is_bad] == ["Last seen"]
    quality = parts.quality(figures, now=NOW)
    assert (quality.problem, quality.lines[0].value) == ("", "24 hours ago")
    assert [line.name for line in quality.lines if line.is_bad] == ["Checks failed", "Published"]


def test_before_the_first_check_there_is_none() -> None:
    assert parts.quality(Figures(()), now=NOW).lines == [Line("Checked", "never")]


def test_the_fallback_share_is_what_is_nobody_s_own() -> None:
    part = parts.answers({"viewed-together": 6, "best-sellers": 3, "newest": 1}, 60)
    values = {line.name: line.value for line in part.lines}
    assert values == {
        "Products shown": "10 in the last 60 s",
        "Fallback share": "40%",
        "viewed-together": "60%",
        "best-sellers": "30%",
        "newest": "10%",
    }


def test_counts_are_those_of_the_last_five_minutes() -> None:
    clock = Clock()
    recent = Recent(clock=clock)
    assert recent.grown({"a": 10}) == ({"a": 10}, None)
    clock.now += 60
    assert recent.grown({"a": 15, "b": 2}) == ({"a": 5, "b": 2}, 60)
    clock.now += 250
    assert recent.grown({"a": 16, "b": 2}) == ({"a": 1, "b": 0}, 250)


def test_counts_that_begin_anew_are_counts_since_then() -> None:
    clock = Clock()
    recent = Recent(clock=clock)
    recent.grown({"a": 10})
    clock.now += 60
    assert recent.grown({"a": 3}) == ({"a": 3}, None)
