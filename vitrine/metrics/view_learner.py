"""Of the view learner."""

from vitrine.metrics.exposition import MESSAGES, Exposition

exposition = Exposition("view learner")

_STREAMS = ("views", "purchases", "carts")

EVENTS = exposition.counter(
    "vitrine_learner_events_total",
    "Views, order lines and products put into carts that were given to the model, and messages that are no events",
    stream=_STREAMS,
    outcome=("learned", "invalid", "erased"),
)
BATCH_MESSAGES = exposition.histogram(
    "vitrine_learner_batch_messages", "Messages in one batch", buckets=MESSAGES, stream=_STREAMS
)
BATCH_SECONDS = exposition.histogram("vitrine_learner_batch_seconds", "Time to learn one batch", stream=_STREAMS)
LAG_MESSAGES = exposition.gauge("vitrine_learner_lag_messages", "Messages that are not learned yet", stream=_STREAMS)
LAG_SECONDS = exposition.gauge(
    "vitrine_learner_lag_seconds",
    "Age of the newest message when it was learned; 0 when nothing comes",
    stream=_STREAMS,
)
NEWEST_EVENT = exposition.gauge(
    "vitrine_model_newest_event_timestamp_seconds", "Time of the newest event in the model; 0 when it is empty"
)
CHECKPOINTS = exposition.counter(
    "vitrine_learner_checkpoints_total", "Copies of the model to disk", outcome=("written", "failed")
)
