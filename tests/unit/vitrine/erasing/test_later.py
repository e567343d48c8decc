"""What arrives while a run reads what there is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from vitrine.erasing import later
from vitrine.settings import KafkaSettings
from vitrine.storage.tables.erasures import StoredErasure
from vitrine.streaming import Erasure


@dataclass
class Servers:
    """The topic and the table of erasures."""

    topic: list[Erasure] = field(default_factory=list)
    table: list[StoredErasure] = field(default_factory=list)

    def accept(self) -> None:
        """What the API does."""
        erasure = Erasure.of("user-1", now=time.time())
        self.topic.append(erasure)
        self.table.append(StoredErasure(erasure.digest, erasure.erased_at, erasure.erasure_id, {}))

    def read_and_accept(self, _: KafkaSettings) -> SimpleNamespace:
        log = SimpleNamespace(erasures=list(self.topic), close=lambda: None)
        self.accept()
        return log


@contextmanager
def connected(_: object) -> Iterator[None]:
    yield


def test_an_erasure_that_comes_while_a_run_reads_is_left_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers()
    tables = SimpleNamespace(erasures=SimpleNamespace(all=lambda: iter(servers.table)))
    publisher = SimpleNamespace(publish=servers.topic.extend, close=lambda: None)
    monkeypatch.setattr(later, "read_erasures", servers.read_and_accept)
    monkeypatch.setattr(later, "ErasurePublisher", lambda _: publisher)
    monkeypatch.setattr(later, "Link", SimpleNamespace(connected=connected))
    monkeypatch.setattr(later, "Cassandra", SimpleNamespace(on=lambda _: tables))
    assert later.complete() == {"erasures": 0, "pending": 0}
    assert [each.is_finished for each in servers.topic] == [False]
