"""Of the watcher, which looks at the system from outside."""

from typing import get_args

from vitrine.metrics.exposition import OPEN, Exposition
from vitrine.metrics.view_consumer import Topic

exposition = Exposition("watcher")

SOURCE_UP = exposition.gauge(
    "vitrine_watcher_source_up",
    "1 where the watcher could read a source, 0 where not: what it says of that source is then old",
    source=("lag", "dead_letters", "runs", "quality"),
)
CANARIES = exposition.counter(
    "vitrine_canaries_total",
    "Canary events: seen in an answer, not seen within ten seconds (late), or not taken by the API (refused)",
    outcome=("seen", "late", "refused"),
)
FRESHNESS = exposition.histogram(
    "vitrine_canary_freshness_seconds", "Time from the POST of a canary event until a GET shows it"
)
LAST_FRESHNESS = exposition.gauge("vitrine_canary_last_freshness_seconds", "The same, of the last one that was seen")
CANARY_SEEN = exposition.gauge(
    "vitrine_canary_last_seen_timestamp_seconds",
    "When a canary event was last seen, before the first one when the watcher began; 0 where none is sent",
)
GROUP_LAG = exposition.gauge(
    "vitrine_group_lag_messages",
    "Messages that a group of consumers has not dealt with, whether or not one runs",
    topic=get_args(Topic),
    partition=OPEN,
)
DEAD_LETTERS = exposition.gauge(
    "vitrine_dead_letters_waiting", "Dead letters that nobody has replayed or dropped, counted once a minute"
)
DAG_SUCCESS = exposition.gauge(
    "vitrine_dag_last_run_success", "1 where the last run of a DAG that ended has succeeded, else 0", dag=OPEN
)
DAG_SUCCESS_AT = exposition.gauge(
    "vitrine_dag_last_success_timestamp_seconds", "When a DAG last succeeded; 0 where it never did", dag=OPEN
)
DAG_SECONDS = exposition.gauge("vitrine_dag_last_run_seconds", "How long the last run of a DAG took", dag=OPEN)
QUALITY_CHECKS = exposition.gauge(
    "vitrine_quality_checks", "Checks of the marts in their last run", outcome=("passed", "failed")
)
QUALITY_AT = exposition.gauge("vitrine_quality_last_run_timestamp_seconds", "When the marts were last checked")
QUALITY_PUBLISHED = exposition.gauge(
    "vitrine_quality_last_run_published", "1 where the marts of that run were published, else 0"
)
