"""What arrives while a run reads what there is, and who was erased twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from vitrine.erasing import later
from vitrine.erasing.online import Cassandra
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


def test_who_was_erased_twice_is_known_twice_to_a_restored_cassandra() -> None:
    known: list[str] = []
    nobody = SimpleNamespace(userids=lambda: ())
    tables = SimpleNamespace(
        views=nobody,
        events=SimpleNamespace(userids=lambda: (), carts=nobody),
        lines=nobody,
        erasures=SimpleNamespace(
            add=lambda _person, _moment, erasureid: known.append(erasureid),
            one=lambda _person, _moment: None,
            note=lambda _person, _moment, _parts: None,
        ),
    )
    twice = [Erasure.of("user-1", now=moment).finished() for moment in (1_790_000_000, 1_790_000_001)]
    later._erase_what_came_back(cast(Cassandra, tables), {}, twice)
    assert known == [each.erasure_id for each in twice]
