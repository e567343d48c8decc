"""Erasing a person."""

from contextlib import suppress
from typing import Any

from api import servers
from api.people import selectors
from vitrine.erasing import online
from vitrine.erasing.people import ids_of
from vitrine.erasing.receipts import Part
from vitrine.errors import StorageUnavailableError
from vitrine.streaming import Erasure


def erase(*, person: str, now: float) -> dict[str, Any]:
    """Erases somebody; returns the receipt.

    It is accepted, whatever follows, once Kafka has it: nothing that was done up to `now` (Unix seconds) counts then;
    up to Cassandra's own time where that is later, as this machine's clock may be slow.
    What Cassandra holds is removed before this returns; where Cassandra is away that is pending, and the DAG `erasures`
    does it. Raises StreamUnavailableError: nothing was done, or, where the acknowledgement alone was lost, it was
    accepted all the same. Asking again makes a new erasure, with a receipt of its own.
    """
    with suppress(StorageUnavailableError):
        now = servers.cassandra.call(servers.people().erasures.later_of, now)
    erasures = {each: Erasure.of(each, now=now) for each in ids_of(person)}
    servers.kafka.call(servers.erasures().publish, erasures.values())
    parts = {each: _erase_from_cassandra(each, erasure, now) for each, erasure in erasures.items()}
    return selectors.made_receipt(erasures[person], parts[person])


def _erase_from_cassandra(person: str, erasure: Erasure, now: float) -> dict[str, Part]:
    try:
        return servers.cassandra.call(online.erase, servers.people(), erasure, person, now=now, also_later=True)
    except StorageUnavailableError:
        return {}
