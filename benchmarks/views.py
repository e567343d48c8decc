"""Events for benchmarks: about 200 bytes each, no timestamp: their time is that of their Kafka record."""

import uuid
from collections.abc import Iterable, Iterator
from random import Random

import msgspec
from confluent_kafka import Producer

from vitrine.settings import KafkaSettings, load
from vitrine.streaming.producing import producer_configuration


def events(count: int, *, users: int = 50_000, products: int = 10_000, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """(user id, JSON text) of `count` views by random users of random products."""
    random = Random(seed)
    encode = msgspec.json.Encoder().encode
    for _ in range(count):
        userid = f"user-{random.randrange(users)}"
        event = {
            "event": "ProductView",
            "messageid": str(uuid.UUID(int=random.getrandbits(128), version=4)),
            "userid": userid,
            "properties": {"productid": f"product-{random.randrange(products)}"},
            "context": {"source": "desktop"},
        }
        yield userid.encode(), encode(event)


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
