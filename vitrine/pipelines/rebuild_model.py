"""Cassandra -> a model: all that is learned, learned anew from the stored views, orders and shop events.

It is built in a folder of its own and handed over as one file. The learner finds that file, ends its own model, and
goes on from it in a new generation; where no learner runs, the next one does so when it starts. So nobody ever writes
beside a learner.

What is exact: each stored view, order line and product put into a cart counts once, at its own time, in the order of
time over all users. The offsets to go on from are read before anything else, those of views and shop events from the
groups of the consumer: what lies before them is in Cassandra. What comes after them may have been stored before the
scan came by; it is learned last, and the model remembers the last half million events, so that it does not count again
when the learner reads it from Kafka. Nor does an order that the shop told as an event and that stands in its database
too: here the earlier of its two times counts, in a model that streamed that of the one that came first. What is not
exact: views that came so late that half a million newer ones lie between count twice; what has
expired or was deleted is not there to be learned, while a model that streamed has it in its sums, faded.
"""

import fcntl
import logging
import shutil
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitrine.errors import ModelFileError, PipelineError
from vitrine.learning import Events, Model, Policy, Size, Stream
from vitrine.learning.checkpoints import remove_checkpoints, sync_folder
from vitrine.learning.layout import map_file
from vitrine.purchases import purchase_id
from vitrine.settings import CassandraSettings, KafkaSettings, LearnerSettings, load
from vitrine.shop_events import OrderCompleted, ProductAdded, ShopEvent, lessons
from vitrine.storage import Link, ShopEventStore, ViewStore
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.storage.tables.shop_events import StoredLesson
from vitrine.streaming import ErasureLog, committed_offsets, offsets_at, read_erasures

logger = logging.getLogger(__name__)

NAME = "rebuild_model"
REBUILT = "rebuilt"
_BUILDING = "rebuilding"
# The first checkpoint of a model, which is the only one of one that was rebuilt.
_FIRST_CHECKPOINT = "checkpoint-1"
# Purchases are announced before they are stored, at the most so long before.
ANNOUNCED_BEFORE_SECONDS = 3600.0
EVENTS_AT_ONCE = 10_000


class Event(NamedTuple):
    """What is learned from."""

    userid: str
    productid: str
    id: str
    time: float


def size_of(settings: LearnerSettings) -> Size:
    """How large the settings want the model."""
    return Size(settings.model_products, settings.model_neighbours)


def policy_of(settings: LearnerSettings) -> Policy:
    """What counts by the settings, and how much."""
    return Policy(settings.purchase_weight, settings.cart_weight, settings.maximum_views_a_day)


def rebuild(stopping: Callable[[], bool] = lambda: False) -> dict[str, Any] | None:
    """Builds a model and leaves it where the learner finds it; {"views", "purchases", "carts", "products", "seconds"}.

    None where `stopping()` said so first. Raises UnavailableError while a server is away, PipelineError where another
    rebuild is under way, ModelFileError on a full disk.
    """
    began = time.monotonic()
    settings = load(LearnerSettings)
    settings.model_folder.mkdir(parents=True, exist_ok=True)
    with _alone(settings.model_folder):
        kafka = load(KafkaSettings)
        offsets = _offsets(kafka)
        with closing(read_erasures(kafka)) as erasures:
            gathered = _gathered(erasures, stopping)
        if gathered is None or not _build(settings, gathered, offsets, stopping):
            return None
    summary = {
        "views": gathered.count(Stream.VIEWS),
        "purchases": gathered.count(Stream.PURCHASES),
        "carts": gathered.count(Stream.CARTS),
        "products": gathered.products,
        "seconds": round(time.monotonic() - began, 1),
    }
    sentence = (
        "rebuilt from %(views)d views, %(purchases)d purchases and %(carts)d products put into carts, of %(products)d"
        " products in %(seconds)s s"
    )
    logger.info(sentence, summary, extra={"pipeline": NAME, **summary})
    return summary


def is_waiting(folder: Path) -> bool:
    """Whether a rebuilt model waits for its learner."""
    return (folder / REBUILT).exists()


def take_over(folder: Path, size: Size) -> bool:
    """Makes a rebuilt model the one to go on from; False where none waits, or it cannot be used, which is logged.

    For the learner of the folder, while it has no model open. A crash in the middle leaves it to be done again.
    """
    rebuilt = folder / REBUILT
    if not rebuilt.exists():
        return False
    try:
        map_file(rebuilt, size, writable=False)
    except ModelFileError as error:
        logger.error("the rebuilt model cannot be used, the present one stays: %s", error)
        rebuilt.unlink()
        return False
    remove_checkpoints(folder)
    rebuilt.replace(folder / _FIRST_CHECKPOINT)
    sync_folder(folder)
    return True


class _Gathered:
    """Events as columns, about 60 bytes each: their ids are kept as one text, users and products as numbers."""

    def __init__(self) -> None:
        self._streams = array("b")
        self._times = array("d")
        self._users, self._products = array("i"), array("i")
        self._user_numbers: dict[str, int] = {}
        self._product_numbers: dict[str, int] = {}
        self._ids = bytearray()
        self._id_ends = array("q", [0])

    @property
    def products(self) -> int:
        return len(self._product_numbers)

    def count(self, stream: Stream) -> int:
        return self._streams.count(stream)

    def add(self, stream: Stream, events: Iterable[Event]) -> None:
        users, products = self._user_numbers, self._product_numbers
        for event in events:
            self._streams.append(stream)
            self._times.append(event.time)
            self._users.append(users.setdefault(event.userid, len(users)))
            self._products.append(products.setdefault(event.productid, len(products)))
            self._ids += event.id.encode()
            self._id_ends.append(len(self._ids))

    def by_time(self) -> Iterator[tuple[Stream, Events]]:
        """All events, oldest first, in batches of one kind each."""
        users, products = list(self._user_numbers), list(self._product_numbers)
        order = np.argsort(np.asarray(self._times), kind="stable")
        streams = np.asarray(self._streams)
        for start in range(0, len(order), EVENTS_AT_ONCE):
            batch = order[start : start + EVENTS_AT_ONCE]
            for stream in Stream:
                chosen = batch[streams[batch] == stream].tolist()
                if chosen:
                    yield (
                        stream,
                        Events(
                            [users[self._users[event]] for event in chosen],
                            [products[self._products[event]] for event in chosen],
                            [self._id(event) for event in chosen],
                            [self._times[event] for event in chosen],
                        ),
                    )

    def _id(self, event: int) -> str:
        return self._ids[self._id_ends[event] : self._id_ends[event + 1]].decode()


def _offsets(kafka: KafkaSettings) -> dict[Stream, dict[int, int]]:
    return {
        Stream.VIEWS: committed_offsets(kafka, topic=kafka.views_topic, group=kafka.view_consumer_group),
        Stream.PURCHASES: offsets_at(kafka, topic=kafka.purchases_topic, since=time.time() - ANNOUNCED_BEFORE_SECONDS),
        Stream.CARTS: committed_offsets(kafka, topic=kafka.shop_events_topic, group=kafka.shop_event_consumer_group),
    }


def _gathered(erasures: ErasureLog, stopping: Callable[[], bool]) -> _Gathered | None:
    """All that is stored but for what was erased, which a restored backup may have brought back."""
    gathered = _Gathered()
    with Link.connected(load(CassandraSettings)) as link:
        for stream, events in _stored(link):
            if stopping():
                return None
            gathered.add(stream, (each for each in events if not erasures.covers(each.userid, round(each.time * 1000))))
    return gathered


def _stored(link: Link) -> Iterator[tuple[Stream, Iterable[Event]]]:
    """All that is stored, page by page."""
    for views in ViewStore(link).all_views(now=time.time()):
        yield Stream.VIEWS, (Event(*view) for view in views)
    for lines in OrderLineStore(link).all_lines():
        yield (
            Stream.PURCHASES,
            (Event(userid, product, purchase_id(order, product), at) for userid, order, product, at in lines),
        )
    for stored in ShopEventStore(link).lessons(now=time.time()):
        yield Stream.PURCHASES, _taught(stored, OrderCompleted)
        yield Stream.CARTS, _taught(stored, ProductAdded)


def _taught(stored: Iterable[StoredLesson], kind: type[ShopEvent]) -> Iterator[Event]:
    for event, at in stored:
        if isinstance(event, kind):
            yield from (Event(event.userid, product, identity, at) for product, identity in lessons(event))


def _build(
    settings: LearnerSettings,
    gathered: _Gathered,
    offsets: dict[Stream, dict[int, int]],
    stopping: Callable[[], bool],
) -> bool:
    """Learns, and hands the model over; False where it was told to stop."""
    folder = settings.model_folder / _BUILDING
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with closing(Model.open(folder, size_of(settings), policy=policy_of(settings))) as model:
            for stream, events in gathered.by_time():
                if stopping():
                    return False
                model.learn(events, stream=stream)
            for stream, of_partitions in offsets.items():
                model.advance(stream, of_partitions)
            model.checkpoint().result()
        (folder / _FIRST_CHECKPOINT).replace(settings.model_folder / REBUILT)
        sync_folder(settings.model_folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / f"{_BUILDING}.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineError(f"{folder}: another rebuild is under way") from None
        yield
