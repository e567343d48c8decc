"""Every key, in the memory of each process: no request reads Postgres for one.

Postgres tells of a change when it is committed (LISTEN), so a revocation holds everywhere within a second. Without
Postgres nobody can change a key either: what was known goes on counting until it is back, and `health/` says so.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from django.core.exceptions import ValidationError

from api.access.validators import parse_public_key
from vitrine.errors import ShopDatabaseUnavailableError
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.listening import Copy, Listener

# A token lives for an hour at most: what was revoked earlier than this cannot meet one.
REVOCATIONS_KEPT_SECONDS = 2 * 3600

_FIRST_READ_SECONDS = 5.0
_WRITE_USES_SECONDS = 10.0
# Above this, all keys are read in one statement.
_KEYS_AT_ONCE = 1000

_COLUMNS = "id, digest, kind, scopes, origins, requests_per_minute, LEAST(expires_at, revoked_at)"
_ALL_KEYS = f"SELECT {_COLUMNS} FROM access_keys"  # noqa: S608 - the columns are constants
_SOME_KEYS = f"{_ALL_KEYS} WHERE id = ANY(%s)"
_SIGNERS = "SELECT kid, public_key FROM access_signers"
_REVOCATIONS = "SELECT person, revoked_at FROM access_revocations WHERE revoked_at > now() - make_interval(secs => %s)"
_USES = """
UPDATE access_keys SET last_used_at = GREATEST(last_used_at, to_timestamp(used.at))
FROM (VALUES %s) AS used (id, at) WHERE access_keys.id = used.id"""

logger = logging.getLogger(__name__)


class HeldKey(NamedTuple):
    """A key as it is checked. `ends_at` is Unix seconds, infinite where it neither expires nor is revoked."""

    id: int
    kind: str
    scopes: frozenset[str]
    origins: frozenset[str]
    requests_per_minute: int | None
    ends_at: float


class HeldSigner(NamedTuple):
    """The public half of a key pair; equal where both its name and its key are."""

    kid: str
    pem: str

    def key(self) -> EllipticCurvePublicKey:
        return parse_public_key(self.pem)


class Keyring(Copy):
    """Keys by their digest. Safe to share between threads: an entry is replaced whole."""

    channel = "vitrine_access"
    what = "keys"
    missing = "the tables of keys (access_keys and others)"

    def __init__(self, settings: ShopDatabaseSettings) -> None:
        super().__init__(settings)
        self._keys: dict[bytes, HeldKey] = {}
        self._digests: dict[int, bytes] = {}
        self._origins: Counter[str] = Counter()
        self._signers: dict[str, HeldSigner] = {}
        self._revocations: dict[str, float] = {}
        self._used: dict[int, float] = {}
        self._written_at = time.monotonic()
        # Sets that many keys share are held once.
        self._sets: dict[tuple[str, ...], frozenset[str]] = {}

    def key(self, digest: bytes) -> HeldKey | None:
        """The key with this digest, valid or not any more.

        Raises ShopDatabaseUnavailableError before the first read.
        """
        self._await_the_first_read()
        return self._keys.get(digest)

    def signer(self, kid: str) -> HeldSigner | None:
        """Raises ShopDatabaseUnavailableError before the first read."""
        self._await_the_first_read()
        return self._signers.get(kid)

    def tokens_revoked_at(self, person: str) -> float:
        """Until when a person's tokens were revoked, in Unix seconds; minus infinity where they were not."""
        return self._revocations.get(person, float("-inf"))

    def allows_origin(self, origin: str) -> bool:
        """Whether any browser's key names this origin."""
        return self._origins[origin] > 0

    def note_use(self, key: HeldKey, now: float) -> None:
        """Remembers when a key was used; Postgres hears of it within seconds."""
        self._used[key.id] = now

    def _await_the_first_read(self) -> None:
        if not self._has_read.is_set() and not self._has_read.wait(0 if self._outage.is_on else _FIRST_READ_SECONDS):
            raise ShopDatabaseUnavailableError("Postgres: the keys have not been read yet")

    def _read(self, listener: Listener) -> None:
        self._replace(listener.rows(_ALL_KEYS), list(self._digests))
        self._read_people(listener)

    def _hear(self, listener: Listener, changed: set[str]) -> None:
        if "people" in changed:
            self._read_people(listener)
        if ids := changed - {"people"}:
            self._read_keys(listener, [int(each) for each in ids])
        if time.monotonic() - self._written_at >= _WRITE_USES_SECONDS:
            self._write_uses(listener)
            self._written_at = time.monotonic()

    def _read_keys(self, listener: Listener, ids: Sequence[int]) -> None:
        if len(ids) > _KEYS_AT_ONCE:
            self._replace(listener.rows(_ALL_KEYS), list(self._digests))
        else:
            self._replace(listener.rows(_SOME_KEYS, [list(ids)]), ids)

    def _replace(self, rows: Sequence[tuple[Any, ...]], known: Iterable[int]) -> None:
        """Puts the keys of these rows in the place of those of these ids: what has no row any more is gone."""
        for gone in set(known) - {row[0] for row in rows}:
            self._drop(gone)
        for row in rows:
            self._drop(row[0], but=bytes(row[1]))
            self._put(row)

    def _put(self, row: tuple[Any, ...]) -> None:
        key_id, digest, kind, scopes, origins, per_minute, ends_at = row
        digest = bytes(digest)
        if (held := self._keys.get(digest)) is not None:
            self._origins.subtract(held.origins)
        key = HeldKey(key_id, kind, self._set(scopes), self._set(origins), per_minute, _unix(ends_at))
        self._keys[digest], self._digests[key_id] = key, digest
        self._origins.update(key.origins)

    def _drop(self, key_id: int, *, but: bytes | None = None) -> None:
        """Forgets a key, unless its digest is `but`: then it is about to be replaced, and is never missing."""
        digest = self._digests.get(key_id)
        if digest is None or digest == but:
            return
        del self._digests[key_id]
        if (held := self._keys.pop(digest, None)) is not None:
            self._origins.subtract(held.origins)

    def _set(self, texts: Iterable[str]) -> frozenset[str]:
        ordered = tuple(sorted(texts))
        return self._sets.setdefault(ordered, frozenset(ordered))

    def _read_people(self, listener: Listener) -> None:
        signers = {}
        for kid, pem in listener.rows(_SIGNERS):
            signer = HeldSigner(kid, pem)
            try:
                signer.key()
            except ValidationError:
                logger.error("the public key %s cannot be used: it is not one of P-256 in PEM form", kid)
                continue
            signers[kid] = signer
        self._signers = signers
        rows = listener.rows(_REVOCATIONS, [REVOCATIONS_KEPT_SECONDS])
        self._revocations = {person: _unix(moment) for person, moment in rows}

    def _write_uses(self, listener: Listener) -> None:
        uses, self._used = self._used, {}
        if not uses:
            return
        try:
            listener.write(_USES, list(uses.items()))
        except ShopDatabaseUnavailableError:
            self._used = uses | self._used
            raise


def _unix(moment: datetime | None) -> float:
    return float("inf") if moment is None else moment.timestamp()
