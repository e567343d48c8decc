"""What the API of keys takes and gives."""

from datetime import datetime

import msgspec

from api.access.models import Key


class NewKeyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST keys/."""

    name: str
    kind: str
    scopes: list[str]
    origins: list[str] = []
    expires_at: datetime | None = None
    requests_per_minute: int | None = None


class RotationRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST keys/{id}/rotate/."""

    # How long the old key stays valid.
    overlap_seconds: float = 7 * 24 * 3600


def shown(key: Key, text: str | None = None) -> dict[str, object]:
    """A key without what would open anything, unless it is new."""
    columns = ("name", "kind", "scopes", "origins", "requests_per_minute", "created_at", "expires_at", "revoked_at")
    row: dict[str, object] = {"id": key.pk, "ending": key.ending, **{each: getattr(key, each) for each in columns}}
    row["last_used_at"] = key.last_used_at
    return row if text is None else {**row, "key": text}
