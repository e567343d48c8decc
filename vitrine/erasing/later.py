"""What is gone within the hour: by the DAG `erasures`, or from a shell. Each step may be done again at any time.

    complete    what the API could not do, dead letters, the model; and what a restored backup has brought back
    finish      notes what the analytics side has done, and until when Kafka keeps what it keeps

Between the two `python -m vitrine.analytics erase-pending` runs, in its own environment.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from vitrine.erasing import online, people
from vitrine.erasing.online import Cassandra
from vitrine.erasing.receipts import Part, done, encode, moment
from vitrine.erasing.stores import STORES, When, stores
from vitrine.pipelines import rebuild_model
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.storage import Link
from vitrine.streaming import (
    Erasure,
    ErasurePublisher,
    Selection,
    digest_of,
    kept_for,
    read_erasures,
    settle,
)

logger = logging.getLogger(__name__)

# Of the parts that Kafka keeps, the setting that names the topic.
TOPICS = {store.name: store.holds[0].removeprefix("kafka:") for store in stores(When.BY_RETENTION)}
# What `python -m vitrine.analytics erase-pending` says, by the parts.
OF_ANALYTICS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "lake": lambda said: int(said["lake"]["rows"] + said["lake"]["set_aside"]),
    "warehouse": lambda said: int(said["warehouse"]),
    "marts": lambda said: int(said["marts"]),
    "samples": lambda said: int(said["samples"]),
    "cached-answers": lambda said: int(said["cached_answers"]),
}


def complete() -> dict[str, int]:
    """{"erasures": all there ever were, "pending": of how many something is left to do}.

    Raises UnavailableError while a server is away, PipelineError where another rebuild of the model is under way.
    """
    kafka = load(KafkaSettings)
    with Link.connected(load(CassandraSettings)) as link:
        tables = Cassandra.on(link)
        # Before the topic, into which the API writes first: what comes meanwhile is not taken for what the topic lost.
        stored, whole = _stored(tables)
        with closing(read_erasures(kafka)) as log:
            erasures = log.erasures
        pending = [each for each in erasures if not each.is_finished]
        _publish_what_the_topic_lost(kafka, stored, erasures)
        _erase_what_came_back(tables, stored, erasures)
        _note_younger_stores(tables, [each for each in erasures if each.is_finished and each.erasure_id not in whole])
        pending = _with_visitors(kafka, tables, pending)
        parts = {each.erasure_id: _in_cassandra(tables, each) for each in pending}
        for each in pending:
            if "dead-letters" not in parts[each.erasure_id]:
                _note(tables, each, {"dead-letters": _dead_letters(kafka, each)})
        without_model = [each for each in pending if "model" not in parts[each.erasure_id]]
        if without_model:
            rebuild_model.rebuild()
        for each in without_model:
            _note(tables, each, {"model": done(None, now=time.time())})
    return {"erasures": len(erasures), "pending": len(pending)}


def finish(said: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Notes what the analytics side says it has done; {"finished", "pending"}.

    An erasure of which nothing is left to do is finished: its record in the topic does not name the person any more.
    Raises UnavailableError while a server is away.
    """
    kafka = load(KafkaSettings)
    with closing(read_erasures(kafka)) as log:
        pending = [each for each in log.erasures if not each.is_finished]
    of_analytics = {each["erasure_id"]: each for each in said}
    kept = {name: kept_for(kafka, str(getattr(kafka, setting))) for name, setting in TOPICS.items()}
    finished: list[Erasure] = []
    with Link.connected(load(CassandraSettings)) as link:
        tables = Cassandra.on(link)
        for erasure in pending:
            parts = {name: _kept(erasure, seconds) for name, seconds in kept.items()}
            if (told := of_analytics.get(erasure.erasure_id)) is not None:
                now = time.time()
                parts |= {name: done(count(told), now=now) for name, count in OF_ANALYTICS.items()}
            _note(tables, erasure, parts)
            known = online.known_parts(tables, erasure)
            if all(store.name in known and known[store.name].state != "pending" for store in STORES):
                finished.append(erasure.finished())
    with closing(ErasurePublisher(kafka)) as publisher:
        publisher.publish(finished)
    return {"finished": len(finished), "pending": len(pending) - len(finished)}


def _stored(tables: Cassandra) -> tuple[dict[str, Erasure], set[str]]:
    """Every erasure that Cassandra knows, by its id; and the ids of those of which it knows what became of each store.

    The parts themselves are left out: they would take four kilobytes of memory for each erasure.
    """
    names = {store.name for store in STORES}
    stored, whole = {}, set()
    for each in tables.erasures.all():
        stored[each.erasureid] = Erasure(each.erasureid, each.person, each.erased_at)
        if names <= each.parts.keys():
            whole.add(each.erasureid)
    return stored, whole


def _in_cassandra(tables: Cassandra, erasure: Erasure) -> dict[str, Part]:
    """Does what the API could not; returns all that is known of the erasure."""
    known = online.known_parts(tables, erasure)
    if all(store.name in known for store in stores(When.AT_ONCE)):
        return known
    return online.erase(tables, erasure, _person(erasure), now=time.time())


def _with_visitors(kafka: KafkaSettings, tables: Cassandra, pending: Sequence[Erasure]) -> list[Erasure]:
    """Beside erasures that the API could not do, those of the visitors that these people were.

    Once a person is erased nobody knows any more which visitors they were.
    """
    found: list[Erasure] = []
    for each in pending:
        if people.IDENTITIES in online.known_parts(tables, each):
            continue
        visitors = people.erasable(tables, _person(each), until=each.erased_at)
        theirs = [visitor.erasure for visitor in visitors]
        if theirs:
            with closing(ErasurePublisher(kafka)) as publisher:
                publisher.publish(theirs)
        people.let_go(tables, each, _person(each), visitors, now=time.time())
        found += theirs
    return [*found, *pending]


def _erase_what_came_back(tables: Cassandra, stored: Mapping[str, Erasure], erasures: Iterable[Erasure]) -> None:
    """Erasures that were finished and that this Cassandra does not know: it was restored from an older backup.

    The people are found among those in it by their digests.
    """
    missing = [each for each in erasures if each.is_finished and each.erasure_id not in stored]
    if not missing:
        return
    there = {
        digest_of(person): person
        for person in {
            *(*tables.views.userids(), *tables.events.userids(), *tables.events.carts.userids()),
            *tables.lines.userids(),
            *tables.identities.ids(),
            *tables.exposures.userids(),
        }
    }
    for erasure in missing:
        now = time.time()
        if (person := there.get(erasure.digest)) is not None:
            online.erase(tables, erasure, person, now=now)
        else:
            tables.erasures.add(erasure.digest, erasure.erased_at, erasure.erasure_id)
        # How many there were of the rest nobody knows any more; it was done, or the erasure would not be finished.
        rest = {store.name: done(None, now=now) for store in STORES if store.when is not When.BY_RETENTION}
        _note(tables, erasure, {**rest, **online.known_parts(tables, erasure)})
    logger.warning(
        "Cassandra did not know of %d erasures, as after a restored backup: they were done again", len(missing)
    )


def _note_younger_stores(tables: Cassandra, finished: Iterable[Erasure]) -> None:
    """A store that came with a later release held nothing of who was erased before it; their receipts stay done."""
    for erasure in finished:
        known = online.known_parts(tables, erasure)
        younger = {store.name: done(0, now=time.time()) for store in STORES if store.name not in known}
        if younger:
            _note(tables, erasure, younger)


def _publish_what_the_topic_lost(
    kafka: KafkaSettings, stored: Mapping[str, Erasure], erasures: Iterable[Erasure]
) -> None:
    """Erasures that Cassandra knows and the topic does not: Kafka was restored from an older backup."""
    known = {each.erasure_id for each in erasures}
    lost = [erasure for erasure_id, erasure in stored.items() if erasure_id not in known]
    if not lost:
        return
    with closing(ErasurePublisher(kafka)) as publisher:
        publisher.publish(lost)
    logger.warning("the topic did not know of %d erasures, as after a restored backup: it does again", len(lost))


def _dead_letters(kafka: KafkaSettings, erasure: Erasure) -> Part:
    # A letter may have been written by a consumer that did not know of the erasure yet.
    until = erasure.erased_at / 1000 + 0.001
    dropped = settle(kafka, Selection(person=_person(erasure), until=until), "dropped")
    return done(dropped.settled, now=time.time())


def _kept(erasure: Erasure, seconds: float | None) -> Part:
    return Part("kept", gone_by=None if seconds is None else moment(erasure.erased_at / 1000 + seconds))


def _note(tables: Cassandra, erasure: Erasure, parts: Mapping[str, Part]) -> None:
    tables.erasures.note(erasure.digest, erasure.erased_at, encode(parts))


def _person(erasure: Erasure) -> str:
    if erasure.person is None:
        raise ValueError("a finished erasure names nobody")
    return erasure.person
