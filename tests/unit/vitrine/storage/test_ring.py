"""The grouping of rows into batches, on rings of several nodes."""

from collections.abc import Hashable
from itertools import pairwise

import pytest
from cassandra.metadata import Murmur3Token
from hypothesis import given
from hypothesis import strategies as st

from vitrine.storage.driver.batches import MAX_BATCH_BYTES, MAX_BATCH_ROWS, batches
from vitrine.storage.driver.packed import pack, value
from vitrine.storage.driver.ring import Ring

LOWEST, HIGHEST = -(2**63), 2**63 - 1
ONE_NODE = Ring([0], ["node"])
# Six tokens of three nodes, two copies: replica sets come back along the ring.
SIX_TOKENS = Ring(
    [LOWEST // 4 * 3, LOWEST // 2, LOWEST // 4, 0, HIGHEST // 4, HIGHEST // 2],
    ["a+b", "b+c", "c+a", "a+b", "b+c", "c+a"],
)
RINGS = [ONE_NODE, SIX_TOKENS, Ring([-10, 10], ["low", "high"]), Ring([LOWEST, HIGHEST], ["x", "y"])]


def token(key: bytes) -> int:
    return int(Murmur3Token.hash_fn(key))


def owner(ring: Ring, key: bytes) -> Hashable:
    """The rule, written down as slowly as it is told: the first token at or above, else the first of all."""
    for bound, replicas in zip(ring.tokens, ring.replica_sets, strict=True):
        if token(key) <= bound:
            return replicas
    return ring.replica_sets[0]


def test_a_token_belongs_to_the_node_that_ends_its_range() -> None:
    key = b"user-78"
    assert Ring([token(key) - 1, token(key), token(key) + 1], ["below", "at", "above"]).replica_set(key) == "at"
    assert Ring([token(key) - 1, token(key) + 1], ["below", "above"]).replica_set(key) == "above"


def test_above_the_last_token_the_ring_starts_again() -> None:
    key = b"user-78"
    assert Ring([token(key) - 2, token(key) - 1], ["first", "last"]).replica_set(key) == "first"


@pytest.mark.parametrize("ring", RINGS)
def test_every_partition_has_its_owner(ring: Ring) -> None:
    keys = [b"user-%d" % number for number in range(500)]
    assert [ring.replica_set(key) for key in keys] == [owner(ring, key) for key in keys]


@given(
    st.sampled_from(RINGS),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30_000)), max_size=300),
)
def test_batches_hold_all_rows_in_order_and_stay_within_their_bounds(ring: Ring, shapes: list[tuple[int, int]]) -> None:
    rows = [
        pack((b"user-%d" % user, b"%d" % number, b"x" * (size if size > 29_000 else size % 900)))
        for number, (user, size) in enumerate(shapes)
    ]
    made = list(batches(rows, ring))
    assert sorted(row for batch in made for row in batch) == sorted(rows)
    for batch in made:
        assert len({owner(ring, value(row, 0)) for row in batch}) == 1
        assert 1 <= len(batch) <= MAX_BATCH_ROWS
        assert len(batch) == 1 or sum(map(len, batch)) <= MAX_BATCH_BYTES
    of_users: dict[bytes, list[int]] = {}
    for batch in made:
        for row in batch:
            of_users.setdefault(value(row, 0), []).append(int(value(row, 1)))
    assert all(before < after for numbers in of_users.values() for before, after in pairwise(numbers))


def test_a_batch_is_as_large_as_it_may_be() -> None:
    small = [pack((b"user", b"%d" % number)) for number in range(MAX_BATCH_ROWS * 2 + 1)]
    assert [len(batch) for batch in batches(small, ONE_NODE)] == [MAX_BATCH_ROWS, MAX_BATCH_ROWS, 1]
    half = [b"x" * (MAX_BATCH_BYTES // 2)] * 5
    assert [len(batch) for batch in batches(half, ONE_NODE)] == [2, 2, 1]


def test_a_row_larger_than_the_bound_goes_alone() -> None:
    rows = [pack((b"a", last)) for last in (b"", b"x" * MAX_BATCH_BYTES, b"2", b"3")]
    assert [len(batch) for batch in batches(rows, ONE_NODE)] == [1, 1, 2]


def test_no_rows_make_no_batch() -> None:
    assert list(batches([], SIX_TOKENS)) == []
