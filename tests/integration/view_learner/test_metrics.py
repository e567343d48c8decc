"""What the learner shows to Prometheus is what it learned."""

from local_stack.stack import free_ports
from tests.integration.metrics import Shown, assert_as_declared, shown_at
from tests.integration.view_learner.learning import START, Learning, views
from tests.waiting import wait_until
from vitrine.metrics.view_learner import exposition

EVENTS = "vitrine_learner_events_total"


def test_what_is_learned_is_counted(learning: Learning) -> None:
    port = next(free_ports())
    learning.begin()
    learning.send(views(300))
    learning.flow.produce([("user-1", b"no view")])

    def shown() -> Shown:
        return shown_at(f"http://127.0.0.1:{port}/metrics")

    environment = {"VITRINE_VIEW_LEARNER_METRICS_PORT": str(port), "VITRINE_LEARNER_CHECKPOINT_SECONDS": "0.2"}
    with learning.learner(**environment):
        learning.await_learned(300)

        def written() -> float:
            return shown().value("vitrine_learner_checkpoints_total", outcome="written")

        wait_until(lambda: written() > 0, what="no checkpoint is counted")
        wait_until(lambda: shown().value(EVENTS, stream="views", outcome="invalid") == 1, what="1 is invalid")
        seen = shown()
        assert seen.value(EVENTS, stream="views", outcome="learned") == 300
        assert seen.value(EVENTS, stream="purchases", outcome="learned") == 0
        assert seen.value("vitrine_learner_batch_messages_sum", stream="views") == 301
        assert seen.value("vitrine_learner_batch_seconds_sum", stream="views") > 0
        assert seen.value("vitrine_learner_lag_messages", stream="views") == 0
        assert seen.value("vitrine_model_newest_event_timestamp_seconds") == START + 299
        assert_as_declared(exposition, seen)
