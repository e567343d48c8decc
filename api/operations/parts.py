"""What the page shows, part by part; a part whose source is away says so, and the others are there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.operations.figures import Figures

NO_WATCHER = "The watcher does not answer: see VITRINE_WATCHER_URL, and whether `python -m services.watcher` runs."
# What is shown to a shopper when there is nothing of their own to go by.
FALLBACK = ("best-sellers", "newest", "most-viewed")
# Canaries come each second.
_OLD_SECONDS = 30.0


@dataclass(frozen=True)
class Line:
    """One figure; `is_bad` where somebody should look at it."""

    name: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True)
class Part:
    """A heading, its figures, and what is wrong with their source."""

    heading: str
    lines: list[Line] = field(default_factory=list)
    problem: str = ""


def freshness(watcher: Figures, *, now: float) -> Part:
    seen_at = watcher.total("vitrine_canary_last_seen_timestamp_seconds")
    if not seen_at:
        return Part("Freshness", problem="The watcher posts no canary events (VITRINE_CANARY).")
    outcomes = watcher.by("outcome", "vitrine_canaries_total")
    age, last = now - seen_at, watcher.total("vitrine_canary_last_freshness_seconds")
    lines = [
        Line("From POST to GET, the last one", f"{last * 1000:.0f} ms"),
        Line("Last seen", ago(age), is_bad=age > _OLD_SECONDS),
        *(Line(f"Canaries {outcome}", f"{count:,.0f}") for outcome, count in outcomes.items()),
    ]
    return Part("Freshness", lines)


def lag(watcher: Figures) -> Part:
    by_partition = watcher.by("partition", "vitrine_group_lag_messages", topic="views")
    views, others = sum(by_partition.values()), watcher.total("vitrine_group_lag_messages", topic="shop events")
    lines = [
        Line("Views not stored yet", f"{views:,.0f}", is_bad=views > 10_000),
        Line("Carts, orders and the like not stored yet", f"{others:,.0f}", is_bad=others > 10_000),
        *(Line(f"Partition {partition}", f"{count:,.0f}") for partition, count in by_partition.items()),
    ]
    return Part("Lag", lines, _problem(watcher, "lag", "Kafka"))


def dead_letters(watcher: Figures) -> Part:
    waiting = watcher.total("vitrine_dead_letters_waiting")
    lines = [Line("Waiting", f"{waiting:,.0f}", is_bad=waiting > 0)]
    return Part("Dead letters", lines, _problem(watcher, "dead_letters", "Kafka"))


def runs(watcher: Figures, *, now: float) -> Part:
    succeeded = watcher.by("dag", "vitrine_dag_last_success_timestamp_seconds")
    seconds = watcher.by("dag", "vitrine_dag_last_run_seconds")
    lines = [
        Line(
            dag,
            f"{'succeeded' if is_success else 'failed'}, took {seconds.get(dag, 0):,.0f} s, last success "
            + (ago(now - succeeded[dag]) if succeeded.get(dag) else "never"),
            is_bad=not is_success,
        )
        for dag, is_success in watcher.by("dag", "vitrine_dag_last_run_success").items()
    ]
    return Part("Runs", lines, _problem(watcher, "runs", "Airflow's database"))


def quality(watcher: Figures, *, now: float) -> Part:
    checked_at = watcher.total("vitrine_quality_last_run_timestamp_seconds")
    checks = watcher.by("outcome", "vitrine_quality_checks")
    is_published = bool(watcher.total("vitrine_quality_last_run_published"))
    lines = [
        Line("Checked", ago(now - checked_at)),
        Line("Checks passed", f"{checks.get('passed', 0):,.0f}"),
        Line("Checks failed", f"{checks.get('failed', 0):,.0f}", is_bad=checks.get("failed", 0) > 0),
        Line("Published", "yes" if is_published else "no", is_bad=not is_published),
    ]
    nothing = [Line("Checked", "never")]
    return Part("Quality", lines if checked_at else nothing, _problem(watcher, "quality", "Postgres"))


def model(state: Mapping[str, float] | str) -> Part:
    """`state` is that of `health/`."""
    if isinstance(state, str):
        return Part("Model", problem="There is no model yet: best sellers answer.")
    lines = [Line("Generation", f"{state['generation']:.0f}"), Line("Newest event", ago(state["age-seconds"]))]
    return Part("Model", lines)


def answers(products: Mapping[str, float], seconds: float | None) -> Part:
    """Products shown to shoppers by source, within so many seconds; None for since the API began."""
    total = sum(products.values())
    if not total:
        return Part("Answers", [Line("Products shown", f"0 {_within(seconds)}")])
    fallback = sum(products.get(source, 0) for source in FALLBACK)
    lines = [
        Line("Products shown", f"{total:,.0f} {_within(seconds)}"),
        Line("Fallback share", f"{fallback / total:.0%}"),
        *(Line(source, f"{count / total:.0%}") for source, count in products.items()),
    ]
    return Part("Answers", lines)


def requests(outcomes: Mapping[str, float], seconds: float | None) -> Part:
    """Requests by how they ended, within so many seconds; None for since the API began."""
    lines = [Line("Requests", f"{sum(outcomes.values()):,.0f} {_within(seconds)}")]
    bad = ("failed", "unavailable")
    lines += [Line(name, f"{count:,.0f}", is_bad=name in bad and count > 0) for name, count in outcomes.items()]
    return Part("Requests", lines)


def ago(seconds: float) -> str:
    """In words; what lies in the future, by a clock that is wrong, is now."""
    for length, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name} ago"
    return f"{max(0.0, seconds):.0f} seconds ago"


def _within(seconds: float | None) -> str:
    return "since the API began" if seconds is None else f"in the last {seconds:,.0f} s"


def _problem(watcher: Figures, source: str, server: str) -> str:
    if watcher.total("vitrine_watcher_source_up", source=source):
        return ""
    return f"{server} cannot be read: what stands here is old, or nothing."
