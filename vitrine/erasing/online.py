"""What is gone when the API has answered: all that Cassandra holds of a person."""

from typing import NamedTuple

from vitrine.erasing.receipts import Part, decode, done, encode
from vitrine.storage import Link, ShopEventStore, ViewStore
from vitrine.storage.tables.erasures import ErasureStore
from vitrine.storage.tables.exposures import ExposureStore
from vitrine.storage.tables.identities import IdentityStore
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.streaming import Erasure


class Cassandra(NamedTuple):
    """The tables with something of people, and the one of erasures."""

    views: ViewStore
    events: ShopEventStore
    lines: OrderLineStore
    identities: IdentityStore
    exposures: ExposureStore
    erasures: ErasureStore

    @classmethod
    def on(cls, link: Link) -> "Cassandra":
        return cls(
            ViewStore(link),
            ShopEventStore(link),
            OrderLineStore(link),
            IdentityStore(link),
            ExposureStore(link),
            ErasureStore(link),
        )


def erase(tables: Cassandra, erasure: Erasure, person: str, *, now: float, also_later: bool = False) -> dict[str, Part]:
    """Erases what Cassandra holds, notes it, and returns all that is known of the erasure until now.

    `now` is Unix seconds; `also_later` is that of ViewStore.erase, for the moment of the erasure itself. What was done
    before is not counted anew: it may be done again at any time. Raises StorageUnavailableError; a part of it may have
    been done then.
    """
    # First of all: who writes to Cassandra asks this table (vitrine.pipelines.chunks).
    tables.erasures.add(erasure.digest, erasure.erased_at, erasure.erasure_id)
    known = known_parts(tables, erasure)
    viewed = tables.views.erase(person, until=erasure.erased_at, now=now, also_later=also_later)
    counts = {
        "views": viewed.views,
        "deletions": viewed.deletions,
        "events": tables.events.erase(person, until=erasure.erased_at, now=now, also_later=also_later),
        "carts": tables.events.carts.erase(person, until=erasure.erased_at, also_later=also_later),
        "orders": tables.lines.erase(person, until=erasure.erased_at, now=now),
        "identities": tables.identities.erase(person, until=erasure.erased_at, also_later=also_later),
        "exposures": tables.exposures.erase(person, until=erasure.erased_at, also_later=also_later),
    }
    parts = {name: known.get(name) or done(count, now=now) for name, count in counts.items()}
    tables.erasures.note(erasure.digest, erasure.erased_at, encode(parts))
    return known | parts


def known_parts(tables: Cassandra, erasure: Erasure) -> dict[str, Part]:
    """What Cassandra knows of an erasure. Raises StorageUnavailableError."""
    stored = tables.erasures.one(erasure.digest, erasure.erased_at)
    return decode(stored.parts) if stored else {}
