"""The receipt of an erasure: what was erased, where, how many, when; signed with HMAC-SHA256.

A receipt names the person by a keyed hash, as it may outlive the erasure. It can be asked for again: it is made of what
Cassandra holds of the erasure, and the same state has the same signature.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from vitrine.erasing.stores import STORES, Store, When

ALGORITHM = "HMAC-SHA256"
_UNSIGNED = "none"


class Part(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True):
    """What became of one store.

    `state`: done; pending, a server was away or its turn has not come; kept, until its topic's retention removes it.
    `when` is the moment at which it was done; `gone_by`, of what is kept, the latest moment of its removal, None where
    the topic has no retention. `how_many` is None where nothing can be counted.
    """

    state: Literal["done", "pending", "kept"]
    how_many: int | None = None
    when: datetime | None = None
    gone_by: datetime | None = None


PENDING = Part("pending")


def encode(parts: Mapping[str, Part]) -> dict[str, str]:
    """As Cassandra keeps them."""
    return {name: msgspec.json.encode(part).decode() for name, part in parts.items()}


def decode(parts: Mapping[str, str]) -> dict[str, Part]:
    return {name: msgspec.json.decode(text, type=Part) for name, text in parts.items()}


def done(how_many: int | None, *, now: float) -> Part:
    """Something that is gone since `now` (Unix seconds)."""
    return Part("done", how_many, moment(now))


def moment(seconds: float) -> datetime:
    """In UTC, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def receipt(
    *, erasure_id: str, digest: str, erased_at: int, parts: Mapping[str, Part], key: str | None
) -> dict[str, Any]:
    """The document; `erased_at` is Unix milliseconds. Without a key it is not signed, and names the digest itself.

    What is not in `parts` is pending.
    """
    described = [_described(store, parts.get(store.name, PENDING)) for store in STORES]
    body: dict[str, Any] = {
        "erasure-id": erasure_id,
        "person": _hash(key, f"person:{digest}") if key else digest,
        "requested-at": _text(moment(erased_at / 1000)),
        "state": "pending" if any(part["state"] == "pending" for part in described) else "done",
        "parts": described,
    }
    return {
        **body,
        "signature": {"algorithm": ALGORITHM if key else _UNSIGNED, "value": _sign(key, body) if key else ""},
    }


def is_genuine(document: Mapping[str, Any], key: str) -> bool:
    """Whether a receipt was made with this key, and is as it was made."""
    signature = document.get("signature")
    if not isinstance(signature, Mapping) or signature.get("algorithm") != ALGORITHM:
        return False
    body = {name: value for name, value in document.items() if name != "signature"}
    return hmac.compare_digest(str(signature.get("value")), _sign(key, body))


def _described(store: Store, part: Part) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": store.name,
        "what": store.what,
        "where": store.where,
        "state": part.state,
        "how-many": part.how_many,
        "when": _text(part.when) if part.when else None,
    }
    if store.when is When.BY_RETENTION:
        said["gone-by"] = _text(part.gone_by) if part.gone_by else None
    return said


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sign(key: str, body: Mapping[str, Any]) -> str:
    """Over the body's JSON without spaces, names in order: however it was written down meanwhile, that is the same."""
    return _hash(key, "receipt:" + msgspec.json.encode(body, order="deterministic").decode())


def _hash(key: str, text: str) -> str:
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256).hex()
