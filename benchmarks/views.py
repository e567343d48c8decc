"""Events for benchmarks: about 200 bytes each, no timestamp: their time is that of their Kafka record."""

import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from random import Random

import msgspec
from confluent_kafka import Producer

from benchmarks.measuring import service
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import EventToSend, ViewPublisher
from vitrine.streaming.producing import producer_configuration

_BACKGROUND_EVENTS = 50_000


def events(count: int, *, users: int = 50_000, products: int = 10_000, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """(user id, JSON text) of `count` views by random users of random products."""
    random = Random(seed)
    for _ in range(count):
        userid = f"user-{random.randrange(users)}"
        identity = uuid.UUID(int=random.getrandbits(128), version=4)
        yield userid.encode(), event(userid, f"product-{random.randrange(products)}", identity)


def event(userid: str, product: str, identity: uuid.UUID) -> bytes:
    """The JSON text of a view."""
    return msgspec.json.encode(
        {
            "event": "ProductView",
            "messageid": str(identity),
            "userid": userid,
            "properties": {"productid": product},
            "context": {"source": "desktop"},
        }
    )


def publish_views(publisher: ViewPublisher, views: Iterable[tuple[str, bytes]]) -> None:
    """Sends (user, JSON text) pairs as the API does; returns when the broker has acknowledged them all."""
    publisher.publish_events(EventToSend(userid, text, is_view=True, time=0, headers=()) for userid, text in views)


@contextmanager
def background(rate: int) -> Iterator[None]:
    """So many views a second, until it ends; each is a new one, also where the file is sent again."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b"\n".join(value for _, value in events(_BACKGROUND_EVENTS, seed=2)))
        file.flush()
        with service("services.view_producer", "--loop", "--rate", str(rate), file.name):
            yield


def produce(ready_made: Iterable[tuple[bytes, bytes]]) -> None:
    """A bare loop of Producer.produce; returns when the broker has acknowledged all."""
    settings = load(KafkaSettings)
    producer = Producer(producer_configuration(settings, **{"linger.ms": 5}))
    for key, value in ready_made:
        while True:
            try:
                producer.produce(settings.views_topic, value=value, key=key)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
