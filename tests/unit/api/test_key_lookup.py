"""How long a key takes to be refused says nothing of the keys that there are: it is looked up by its hash, once."""

import hashlib
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.exceptions import AuthenticationFailed

from api import servers
from api.access import keys
from api.access.authentication import _held
from api.access.keyring import Keyring
from vitrine.settings import ShopDatabaseSettings

NOW = time.time()


class Counting(bytes):
    """A digest that counts with how many others it is compared."""

    compared = 0

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        Counting.compared += 1
        return bytes.__eq__(self, other)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A key of each kind by what it is, in a keyring of a thousand."""
    moments = {"valid": None, "revoked": NOW - 9, "expired": NOW - 9}
    made = {name: keys.new_key("sec") for name in moments}
    rows: list[tuple[Any, ...]] = [
        (number, key.digest, "sec", ["history:read"], [], None, ends and _At(ends))
        for number, (key, ends) in enumerate(zip(made.values(), moments.values(), strict=True))
    ]
    rows += [(number, keys.new_key("sec").digest, "sec", [], [], None, None) for number in range(10, 1010)]
    ring = Keyring(ShopDatabaseSettings())
    ring._replace(rows, [])
    ring._keys = {Counting(digest): held for digest, held in ring._keys.items()}
    ring._has_read.set()
    monkeypatch.setattr(servers, "keyring", lambda: ring)
    valid = made["valid"].text
    changed = valid[:-1] + ("A" if valid[-1] != "A" else "B")
    return {name: key.text for name, key in made.items()} | {"unknown": keys.new_key("sec").text, "one off": changed}


class _At(float):
    """A moment as Postgres gives it."""

    def timestamp(self) -> float:
        return float(self)


def tried(text: str) -> str:
    request: Any = SimpleNamespace(META={})
    try:
        _held(request, text, NOW)
    except AuthenticationFailed as error:
        return str(error.detail)
    return "valid"


def test_each_try_costs_one_hash_and_no_comparison_with_what_is_secret(
    known: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever shares all but the last character of a key with somebody is as far away as anybody else."""
    hashed: list[str] = []
    digest_of: Callable[[str], bytes] = keys.digest_of

    def counted(text: str) -> bytes:
        hashed.append(text)
        return digest_of(text)

    monkeypatch.setattr(keys, "digest_of", counted)
    answers = {}
    for name, text in known.items():
        before, Counting.compared = len(hashed), 0
        answers[name] = tried(text)
        assert len(hashed) - before == 1, name
        # A dict compares what has the same hash whole, and that is the digest, which whoever asks has made themselves.
        assert Counting.compared == (name in {"valid", "revoked", "expired"}), name
    assert answers.pop("valid") == "valid"
    assert set(answers.values()) == {"This key is not known, or no longer valid."}


def test_what_is_kept_of_a_key_is_its_hash(known: dict[str, str]) -> None:
    ring = servers.keyring()
    assert hashlib.sha256(known["valid"].encode()).digest() in ring._keys
    assert not any(text.encode() in digest for digest in ring._keys for text in known.values())
