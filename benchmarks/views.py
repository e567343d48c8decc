"""Events for benchmarks: about 200 bytes each, no timestamp, so that their time is that of their Kafka record."""

import uuid
from collections.abc import Iterator
from random import Random

import msgspec


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
