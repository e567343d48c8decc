"""Receipts: what they say, and that a changed one is found out."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vitrine.erasing.later import OF_ANALYTICS, TOPICS
from vitrine.erasing.receipts import Part, decode, done, encode, is_genuine, moment, receipt
from vitrine.erasing.stores import STORES, When, stores
from vitrine.streaming import digest_of

KEY, NOW = "a key that is long enough", 1_790_000_000.25
PARTS = {"views": done(12, now=NOW), "topic-views": Part("kept", gone_by=moment(NOW + 86_400))}


def made(key: str | None = KEY, parts: Mapping[str, Part] = PARTS) -> dict[str, Any]:
    return receipt(erasure_id="an-id", digest=digest_of("user-7"), erased_at=1_790_000_000_000, parts=parts, key=key)


def command(file: Path, key: str = KEY) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "vitrine.erasing", "verify-receipt", str(file)],
        env={**os.environ, "VITRINE_RECEIPT_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_store_is_a_part_and_what_is_not_known_is_pending() -> None:
    parts = {part["name"]: part for part in made()["parts"]}
    assert list(parts) == [store.name for store in STORES]
    assert parts["views"] == {
        "name": "views",
        "what": "Product views",
        "where": "Cassandra, product_views",
        "state": "done",
        "how-many": 12,
        "when": "2026-09-21T14:13:20.250Z",
    }
    assert (parts["topic-views"]["state"], parts["topic-views"]["gone-by"]) == ("kept", "2026-09-22T14:13:20.250Z")
    assert (parts["lake"]["state"], parts["lake"]["how-many"]) == ("pending", None)
    assert made()["state"] == "pending"


def test_with_every_part_done_or_kept_it_is_done() -> None:
    assert made(parts={store.name: done(1, now=NOW) for store in STORES})["state"] == "done"


def test_it_names_the_person_to_nobody_without_the_key() -> None:
    assert digest_of("user-7") not in str(made())
    assert made()["person"] == made()["person"]
    assert made()["person"] != made("another key that is long")["person"]
    assert made(None)["signature"] == {"algorithm": "none", "value": ""}


def test_parts_are_kept_as_they_are() -> None:
    assert decode(encode(PARTS)) == PARTS


def test_the_same_state_has_the_same_signature_however_it_is_written() -> None:
    assert made() == made()
    assert is_genuine(json.loads(json.dumps(dict(reversed(made().items())), indent=4)), KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"requested-at": "2026-01-01T00:00:00.000Z"},
        {"person": "somebody"},
        {"parts": []},
        {"more": 1},
        {"signature": 1},
    ],
)
def test_a_changed_receipt_is_not_genuine(change: dict[str, Any]) -> None:
    assert not is_genuine(made() | change, KEY)
    assert not is_genuine(made(), "another key that is long")
    assert not is_genuine(made(None), KEY)


def test_the_command_tells_a_genuine_one_from_others(tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(made(), indent=2))
    assert (command(file).returncode, command(file).stdout) == (0, f"{file}: genuine\n")
    assert command(file, "another key that is long").returncode == 1
    file.write_text("no receipt")
    assert "is no receipt" in command(file).stderr
    assert "VITRINE_RECEIPT_KEY: needed" in command(file, "").stderr
    assert "VITRINE_RECEIPT_KEY: must have 16 characters or more" in command(file, "short").stderr


def test_every_store_has_somebody_who_erases_it() -> None:
    """At once by online.erase, which the tests of the API hold against this list."""
    assert {store.name for store in stores(When.LATER)} == {"dead-letters", "model", *OF_ANALYTICS}
    assert {store.name for store in stores(When.BY_RETENTION)} == set(TOPICS)
