"""What the consumer shows to Prometheus is what it did."""

import time

import httpx

from local_stack.stack import free_ports
from tests.integration.metrics import Shown, assert_as_declared, shown_at
from tests.integration.storage.servers import stopped
from tests.integration.view_consumer.flow import Flow, event, many
from tests.waiting import wait_until
from vitrine.metrics.view_consumer import exposition

DONE = "vitrine_consumer_messages_total"


def test_what_became_of_each_message_is_counted(flow: Flow) -> None:
    port = next(free_ports())
    flow.produce((identity[0], value) for identity, value in many(40))
    flow.produce([("user-1", b"no view"), ("user-1", event("user-1", 1, timestamp="2001-01-01T00:00:00Z"))])
    with flow.consuming(VITRINE_VIEW_CONSUMER_METRICS_PORT=str(port)):
        flow.await_done()
        shown = _shown(port)
        assert shown.value(DONE, topic="views", outcome="written") == 40
        assert shown.value(DONE, topic="views", outcome="dead_letters") == 1
        assert shown.value(DONE, topic="views", outcome="older_than_retention") == 1
        assert shown.value("vitrine_consumer_batch_messages_sum", topic="views") == 42
        batches = shown.value("vitrine_consumer_batch_messages_count", topic="views")
        assert 1 <= batches <= shown.value("vitrine_consumer_batch_seconds_count", topic="views")
        wait_until(lambda: _lag(port) == (0, 0), what=lambda: str(_lag(port)))
        assert_as_declared(exposition, shown)


def test_an_outage_is_seen_in_the_lag(flow: Flow) -> None:
    port = next(free_ports())
    with flow.consuming(VITRINE_VIEW_CONSUMER_METRICS_PORT=str(port)) as process:
        flow.produce([("user-1", event("user-1", 1))])
        flow.await_done()
        with stopped(flow.stack, "cassandra"):
            began = time.time()
            flow.produce([("user-1", event("user-1", 2))])
            process.await_log("Cassandra is away")
            wait_until(lambda: _lag(port)[1] > 2, what=lambda: str(_lag(port)))
            messages, seconds = _lag(port)
            assert messages == 1
            assert seconds <= time.time() - began + 1
            failed = _shown(port).value("vitrine_consumer_failed_attempts_total", topic="views", server="Cassandra")
            assert failed > 0
        flow.await_done()
        wait_until(lambda: _lag(port) == (0, 0), what=lambda: str(_lag(port)))


def test_a_taken_port_is_said(flow: Flow) -> None:
    port = next(free_ports())
    with flow.consuming(VITRINE_VIEW_CONSUMER_METRICS_PORT=str(port)) as first:
        first.await_log("consuming")
        wait_until(lambda: _is_shown(port), what="nothing is shown")
        with flow.consuming(VITRINE_VIEW_CONSUMER_METRICS_PORT=str(port)) as second:
            assert second.process.wait(120) == 1
            assert (
                f"VITRINE_VIEW_CONSUMER_METRICS_PORT: cannot listen on 127.0.0.1, port {port}: Address already in use"
            ) in second.log


def _shown(port: int) -> Shown:
    return shown_at(f"http://127.0.0.1:{port}/metrics")


def _is_shown(port: int) -> bool:
    try:
        _shown(port)
    except httpx.TransportError:
        return False
    return True


def _lag(port: int) -> tuple[float, float]:
    shown = _shown(port)
    messages, seconds = (f"vitrine_consumer_lag_{unit}" for unit in ("messages", "seconds"))
    return shown.value(messages, topic="views"), shown.value(seconds, topic="views")
