"""Rows that Cassandra refuses, among others that it takes."""

import time
import uuid
from collections.abc import Iterator

import pytest

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import (
    await_answers,
    cassandra_settings,
    create_with_ascii_source,
    drop,
    latest,
    opened,
    row,
)
from vitrine.storage import Refusal, ViewRow, ViewStore


@pytest.fixture(scope="module")
def store(stack: LocalStack) -> Iterator[ViewStore]:
    """A store whose column `source` refuses what is not ASCII."""
    settings = cassandra_settings(stack)
    create_with_ascii_source(settings)
    with opened(settings) as store:
        await_answers(store)
        yield store
    drop(settings)


@pytest.mark.parametrize("bad", [(0,), (99,), (7, 8, 50), tuple(range(100))])
def test_a_refused_row_does_not_take_others_along(store: ViewStore, userid: str, bad: tuple[int, ...]) -> None:
    now = time.time()
    rows = [row(userid, f"p{number}", at=now - number, source="ü" if number in bad else "u") for number in range(100)]
    refusals = store.write(rows)
    assert [refusal.row for refusal in refusals] == [rows[number] for number in bad]
    for refusal in refusals:
        assert refusal.reason.startswith("Cassandra refuses it: ")
        assert "ascii" in refusal.reason.lower()
    good = [f"p{number}" for number in range(100) if number not in bad]
    assert latest(store, userid, limit=100) == good


def test_a_row_refused_twice_is_told_twice(store: ViewStore, userid: str) -> None:
    refused = row(userid, "a", at=time.time(), messageid=str(uuid.uuid4()), source="ü")
    refusals: list[Refusal[ViewRow]] = store.write([refused, refused])
    assert [refusal.row for refusal in refusals] == [refused, refused]
