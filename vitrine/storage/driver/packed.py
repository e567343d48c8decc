"""Rows in the form that a batch has in CQL's binary protocol, sent without the driver encoding each value.

A packed row is the number of its values, then each value after its length (native protocol 4, section 4.1.7). COPY
(FORMAT binary) of Postgres sends rows in the same form, so they are passed on byte for byte.
"""

import struct
from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO

from cassandra.protocol import BatchMessage, ProtocolHandler
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

PackedRow = bytes
# In the place of a value and its length: the column stays as it is, without the tombstone that null would be.
UNSET = (-2).to_bytes(4, signed=True)

# Numbers as values: of a BIGINT and a TIMESTAMP (milliseconds), of an INT.
as_long = struct.Struct(">q").pack
as_int = struct.Struct(">i").pack

_PREPARED = b"\x01"
_short = struct.Struct(">H").pack
_VALUES_START, _LENGTH_BYTES = 2, 4


def pack(values: Sequence[bytes]) -> PackedRow:
    """The serialised values of a statement as a packed row."""
    return _short(len(values)) + b"".join([as_int(len(value)) + value for value in values])


def value(row: PackedRow, index: int) -> bytes:
    """One value of a packed row. Neither it nor a value before it may be null or unset."""
    start = _VALUES_START
    for _ in range(index):
        start += _LENGTH_BYTES + int.from_bytes(row[start : start + _LENGTH_BYTES])
    first = start + _LENGTH_BYTES
    return row[first : first + int.from_bytes(row[start:first])]


def first_values(row: PackedRow, count: int) -> list[bytes]:
    """The first values of a packed row; none of them may be null or unset."""
    values, start = [], _VALUES_START
    for _ in range(count):
        first = start + _LENGTH_BYTES
        start = first + int.from_bytes(row[start:first])
        values.append(row[first:start])
    return values


def unlogged_batch(statement: PreparedStatement, rows: Sequence[PackedRow]) -> BatchStatement:
    """Rows of one replica set as one batch, for a session of the driver whose protocol handler is PackedProtocol."""
    batch = BatchStatement(BatchType.UNLOGGED)
    batch.is_idempotent = True
    # The driver sends it to a node that has the partition of its first row.
    batch.routing_key = value(rows[0], statement.routing_key_indexes[0])
    bound = BoundStatement(statement)
    bound.values = _PackedRows(rows)
    batch.add(bound)
    return batch


class PackedProtocol(ProtocolHandler):  # type: ignore[misc] # the driver has no types
    """The driver's protocol with batches of packed rows, which take a tenth of the driver's time for a row."""

    @classmethod
    def encode_message(cls, msg: Any, *arguments: Any, **named: Any) -> bytes:  # noqa: ANN401 - passed on
        if isinstance(msg, BatchMessage) and isinstance(msg.queries[0][2], _PackedRows):
            msg = _PackedBatchMessage(msg.batch_type, msg.queries, msg.consistency_level)
        encoded: bytes = super().encode_message(msg, *arguments, **named)
        return encoded


class _PackedRows(tuple[PackedRow, ...]):
    """The values of many rows, put where the driver expects those of one statement."""

    __slots__ = ()


class _PackedBatchMessage(BatchMessage):  # type: ignore[misc] # the driver has no types
    """One prepared statement with the values of each of its rows."""

    queries: list[tuple[bool, bytes, _PackedRows]]

    def send_body(self, f: BinaryIO, protocol_version: int) -> None:
        ((_, statement_id, rows),) = self.queries
        before_row = _PREPARED + _short(len(statement_id)) + statement_id
        # A batch without statements: its type (one byte), their number (two), then the consistency level.
        empty = BytesIO()
        BatchMessage(self.batch_type, [], self.consistency_level).send_body(empty, protocol_version)
        body = empty.getvalue()
        f.write(body[:1] + _short(len(rows)))
        f.writelines(before_row + row for row in rows)
        f.write(body[3:])
