"""Reads: the receipt of an erasure, and what there is of a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from api import servers
from api.people import exporting
from vitrine.erasing import receipts
from vitrine.erasing.people import ids_of
from vitrine.erasing.receipts import Part
from vitrine.settings import ApiSettings, load
from vitrine.streaming import Erasure, digest_of


def receipt(*, person: str) -> dict[str, Any] | None:
    """The receipt of a person's last erasure as things stand; None for who was never erased.

    Raises StorageUnavailableError.
    """
    stored = servers.cassandra.call(servers.people().erasures.newest, digest_of(person))
    if stored is None:
        return None
    erasure = Erasure(stored.erasureid, stored.person, stored.erased_at)
    return made_receipt(erasure, receipts.decode(stored.parts))


def made_receipt(erasure: Erasure, parts: Mapping[str, Part]) -> dict[str, Any]:
    """The receipt of these parts, signed where there is a key."""
    key = load(ApiSettings).receipt_key
    return receipts.receipt(
        erasure_id=erasure.erasure_id,
        digest=erasure.digest,
        erased_at=erasure.erased_at,
        parts=parts,
        key=key.get_secret_value() if key else None,
    )


def export(*, person: str, now: float) -> Iterator[bytes]:
    """All that there is of a person, a JSON document in pieces. Raises StorageUnavailableError before the first one."""
    ids = servers.cassandra.call(lambda: list(ids_of(servers.people(), person)))
    return exporting.export(ids, now=now)
