import logging
import time
from collections.abc import Iterator

import pytest

from services.view_consumer.classification import views_kept_for
from services.view_consumer.handler import REPORT_SECONDS, EventHandler
from vitrine.settings import CassandraSettings, KafkaSettings
from vitrine.storage import Link, ViewRow, ViewStore
from vitrine.streaming import DeadLetterPublisher, ErasureLog


@pytest.fixture
def handler() -> Iterator[EventHandler[ViewRow]]:
    """Nothing listens at these addresses, and nothing is asked of them."""
    store = ViewStore(Link(CassandraSettings(cassandra_port=1)))
    nowhere = KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1")
    dead_letters, erasures = DeadLetterPublisher(nowhere), ErasureLog(nowhere)
    yield EventHandler(
        "views",
        store=store,
        decode=views_kept_for(store.retention_seconds),
        dead_letters=dead_letters,
        erasures=erasures,
    )
    dead_letters.close()
    erasures.close()


def test_counts_are_reported_in_time_though_the_clock_steps_back(
    handler: EventHandler[ViewRow], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, since_boot = time.time(), time.monotonic()
    caplog.set_level(logging.INFO)
    handler._counts["written"] = 3
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    for seconds in (1.0, REPORT_SECONDS + 1, REPORT_SECONDS + 2):
        monkeypatch.setattr(time, "monotonic", lambda later=seconds: since_boot + later)
        handler.tick()
    assert [message for message in caplog.messages if "written" in message] == ["views: written: 3"]
