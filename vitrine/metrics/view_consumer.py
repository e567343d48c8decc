"""Of the view consumer."""

from typing import Literal, get_args

from vitrine.metrics.exposition import MESSAGES, Exposition

exposition = Exposition("view consumer")

Topic = Literal["views", "shop events"]
_TOPICS = get_args(Topic)

MESSAGES_DONE = exposition.counter(
    "vitrine_consumer_messages_total",
    "Messages that are dealt with: what became of them",
    topic=_TOPICS,
    outcome=("written", "dead_letters", "older_than_retention", "erased"),
)
BATCH_MESSAGES = exposition.histogram(
    "vitrine_consumer_batch_messages", "Messages in one batch", buckets=MESSAGES, topic=_TOPICS
)
BATCH_SECONDS = exposition.histogram(
    "vitrine_consumer_batch_seconds",
    "Time of one attempt to write a batch, until all of it is acknowledged",
    topic=_TOPICS,
)
FAILED_BATCHES = exposition.counter(
    "vitrine_consumer_failed_attempts_total",
    "Attempts at a batch that ended because a server was away",
    topic=_TOPICS,
    server=("Cassandra", "The dead-letter topic", "The topic of erasures"),
)
LAG_MESSAGES = exposition.gauge(
    "vitrine_consumer_lag_messages",
    "Messages of this process' partitions that are not dealt with. While it holds a batch it fetches nothing:"
    " `vitrine_group_lag_messages` then knows more",
    topic=_TOPICS,
)
LAG_SECONDS = exposition.gauge(
    "vitrine_consumer_lag_seconds",
    "Age of the oldest message in hand, else of the newest message when it was dealt with; 0 when nothing comes",
    topic=_TOPICS,
)
