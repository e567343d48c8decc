"""Packed rows: what is sent is, byte for byte, what the driver itself would send."""

from cassandra import ConsistencyLevel
from cassandra.protocol import BatchMessage, ProtocolHandler
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement
from hypothesis import given
from hypothesis import strategies as st

from vitrine.storage.driver.packed import PackedProtocol, pack, unlogged_batch, value

ID = b"0123456789abcdef"
ROWS = st.lists(st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=5), min_size=1, max_size=20)


def statement() -> PreparedStatement:
    return PreparedStatement([], ID, [1], "INSERT", "keyspace", 4, [], None)


def sent(batch: BatchStatement, handler: type[ProtocolHandler]) -> bytes:
    queries = batch._statements_and_parameters
    message = BatchMessage(batch.batch_type, queries, ConsistencyLevel.LOCAL_QUORUM)
    return bytes(handler.encode_message(message, 7, 4, None, False))


@given(ROWS)
def test_a_batch_is_what_the_driver_would_send(rows: list[list[bytes]]) -> None:
    theirs = BatchStatement(BatchType.UNLOGGED)
    for row in rows:
        bound = BoundStatement(statement())
        bound.values = row
        theirs.add(bound)
    ours = unlogged_batch(statement(), [pack(row) for row in rows])
    assert sent(ours, PackedProtocol) == sent(theirs, ProtocolHandler)
    assert ours.routing_key == rows[0][1]
    assert ours.is_idempotent


@given(ROWS)
def test_a_batch_of_the_drivers_own_is_left_to_it(rows: list[list[bytes]]) -> None:
    batch = BatchStatement(BatchType.LOGGED)
    for row in rows:
        bound = BoundStatement(statement())
        bound.values = row
        batch.add(bound)
    assert sent(batch, PackedProtocol) == sent(batch, ProtocolHandler)


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_each_value_of_a_row_is_found(values: list[bytes]) -> None:
    row = pack(values)
    assert [value(row, index) for index in range(len(values))] == values
    assert row[:2] == len(values).to_bytes(2)
