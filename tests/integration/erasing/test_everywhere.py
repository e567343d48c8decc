"""Somebody was erased while servers were away: the rest is done later, and nothing brings them back."""

import time

import pytest

from tests.integration.erasing.system import System
from tests.integration.storage.keyspaces import row
from vitrine.erasing import later, online
from vitrine.erasing.receipts import receipt
from vitrine.erasing.stores import STORES, When, stores
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import Erasure, ErasureLog, ensure_topics, read_erasures

PERSON, OTHER = "user-1", "user-2"
KEY = "a key of some length"


@pytest.fixture
def erased(system: System) -> Erasure:
    """They stood everywhere when it was accepted."""
    for who in (PERSON, OTHER):
        system.view(who, 1, 2, 3)
        system.flow.produce([(who, b"no view")])
        system.show(who)
    system.consume()
    system.land()
    assert [system.in_cassandra(PERSON), *system.in_lake(PERSON)] == [3, 3, 1]
    assert system.letters() == {PERSON, OTHER}
    return system.accept(PERSON)


def states(system: System, erasure: Erasure) -> dict[str, str]:
    made = receipt(
        erasure_id=erasure.erasure_id,
        digest=erasure.digest,
        erased_at=erasure.erased_at,
        parts=system.parts(erasure),
        key=KEY,
    )
    return {part["name"]: part["state"] for part in made["parts"]}


def test_what_was_pending_is_done_later_and_the_topic_names_nobody_any_more(system: System, erased: Erasure) -> None:
    assert set(states(system, erased).values()) == {"pending"}
    system.view(PERSON, 4)
    system.consume()
    system.land()
    assert system.do_the_rest() == {"finished": 1, "pending": 0}
    assert states(system, erased) == {
        store.name: "kept" if store.when is When.BY_RETENTION else "done" for store in STORES
    }
    parts = system.parts(erased)
    # Three views, what was shown once, and the message that was no view.
    assert {name: parts[name].how_many for name in ("views", "dead-letters", "lake", "model")} == {
        "views": 3,
        "dead-letters": 1,
        "lake": 5,
        "model": None,
    }
    for store in stores(When.BY_RETENTION):
        gone_by = parts[store.name].gone_by
        assert gone_by is not None
        assert gone_by.timestamp() > time.time() + 86_400
    # What they did after it is still there.
    assert [system.in_cassandra(PERSON), *system.in_lake(PERSON)] == [1, 1, 0]
    assert [system.in_cassandra(OTHER), *system.in_lake(OTHER)] == [3, 3, 1]
    assert system.letters() == {OTHER}
    assert system.known() == [erased.finished()]
    assert system.do_the_rest() == {"finished": 0, "pending": 0}


def test_a_receipt_stays_done_when_a_release_brings_another_store(system: System, erased: Erasure) -> None:
    system.do_the_rest()
    with system.tables() as tables:
        link = tables.views._link
        forget = f"DELETE parts['carts'], parts['topic-shop-events'] FROM {link.keyspace}.erasures"
        link.session.execute(
            f"{forget} WHERE person = %s AND erased_at = %s", (erased.digest, erased.erased_at), timeout=120
        )
    assert states(system, erased)["carts"] == "pending"
    system.run("vitrine.erasing", "complete")
    assert "pending" not in states(system, erased).values()


def test_a_restored_cassandra_and_a_lake_made_anew_are_without_them(system: System, erased: Erasure) -> None:
    system.do_the_rest()
    system.forget_erasures()
    before = erased.erased_at / 1000
    with system.tables() as tables:
        # A backup has rows that no tombstone hides.
        link = tables.views._link
        link.session.execute(f"TRUNCATE {link.keyspace}.product_views", timeout=120)
        tables.views.write(row(who, "product-9", at=before - 5) for who in (PERSON, OTHER))
    assert [system.in_cassandra(PERSON), system.in_cassandra(OTHER)] == [1, 1]
    assert system.summary()["views"] == 1
    for file in sorted((system.folder / "lake").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    system.land()
    assert system.in_lake(PERSON) == [0, 0]
    assert system.in_lake(OTHER) == [3, 1]
    system.do_the_rest()
    assert [system.in_cassandra(PERSON), system.in_cassandra(OTHER)] == [0, 1]
    assert "pending" not in {part.state for part in system.parts(erased).values()}


@pytest.mark.usefixtures("erased")
def test_a_restored_lake_is_without_them(system: System) -> None:
    lake = system.folder / "lake"
    saved = {file: file.read_bytes() for file in lake.rglob("*") if file.is_file()}
    system.do_the_rest()
    assert system.in_lake(PERSON) == [0, 0]
    for file, content in saved.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for source in ("events", "shop"):
        (lake / "_erased" / f"{source}.jsonl").unlink()
    assert system.in_lake(PERSON) == [3, 1]
    system.do_the_rest()
    assert system.in_lake(PERSON) == [0, 0]
    assert system.in_lake(OTHER) == [3, 1]


def test_a_kafka_that_never_heard_of_it_hears_of_it_from_cassandra(system: System, erased: Erasure) -> None:
    system.do_the_rest()
    restored = system.with_a_topic_of_its_own()
    ensure_topics(restored.flow.kafka)
    assert restored.known() == []
    restored.run("vitrine.erasing", "complete")
    assert restored.known() == [erased.finished()]


def test_who_was_erased_twice_is_known_twice_to_a_restored_cassandra(system: System, erased: Erasure) -> None:
    again = system.accept(PERSON)
    system.do_the_rest()
    system.forget_erasures()
    # The second run reads what the first has noted.
    for _ in range(2):
        system.run("vitrine.erasing", "complete")
    with system.tables() as tables:
        assert {each.erasureid for each in tables.erasures.all()} == {erased.erasure_id, again.erasure_id}


@pytest.mark.usefixtures("erased")
def test_an_erasure_that_comes_while_a_run_reads_is_left_to_the_next_one(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the topic and Cassandra, whichever is read first: it is not taken for one that the topic has lost."""
    system.do_the_rest()
    for name, value in system.environment.items():
        monkeypatch.setenv(name, value)
    load.cache_clear()
    accepted: list[Erasure] = []

    def read_and_accept(settings: KafkaSettings) -> ErasureLog:
        log = read_erasures(settings)
        accepted.append(system.accept(OTHER))
        with system.tables() as tables:
            online.erase(tables, accepted[0], OTHER, now=time.time())
        return log

    monkeypatch.setattr(later, "read_erasures", read_and_accept)
    try:
        assert later.complete() == {"erasures": 1, "pending": 0}
    finally:
        monkeypatch.undo()
        load.cache_clear()
    # It still names the person, of whom the next run erases the rest.
    assert accepted[0] in system.known()
    assert system.do_the_rest() == {"finished": 1, "pending": 0}
