"""Of the view consumer."""

from vitrine.metrics.exposition import MESSAGES, Exposition

exposition = Exposition("view consumer")

MESSAGES_DONE = exposition.counter(
    "vitrine_consumer_messages_total",
    "Messages of the topic of views that are dealt with: what became of them",
    outcome=("written", "dead_letters", "older_than_retention", "erased"),
)
BATCH_MESSAGES = exposition.histogram("vitrine_consumer_batch_messages", "Messages in one batch", buckets=MESSAGES)
BATCH_SECONDS = exposition.histogram(
    "vitrine_consumer_batch_seconds", "Time of one attempt to write a batch, until all of it is acknowledged"
)
FAILED_BATCHES = exposition.counter(
    "vitrine_consumer_failed_attempts_total",
    "Attempts at a batch that ended because a server was away",
    server=("Cassandra", "The dead-letter topic", "The topic of erasures"),
)
LAG_MESSAGES = exposition.gauge(
    "vitrine_consumer_lag_messages",
    "Messages of this process' partitions that are not dealt with. While it holds a batch it fetches nothing:"
    " `vitrine_group_lag_messages` then knows more",
)
LAG_SECONDS = exposition.gauge(
    "vitrine_consumer_lag_seconds",
    "Age of the oldest message in hand, else of the newest message when it was dealt with; 0 when nothing comes",
)
