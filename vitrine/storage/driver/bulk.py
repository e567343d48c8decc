"""Many requests at once, for work in which nobody waits for a single answer."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from cassandra import InvalidRequest
from cassandra.cluster import ResponseFuture, ResultSet

from vitrine.storage.driver.batches import batches
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.packed import PackedRow, unlogged_batch
from vitrine.storage.driver.ring import Ring, ring_of

BATCHES_IN_FLIGHT = 16
# Rows come sorted by partition: a longer batch has more rows of one partition and splits fewer partitions.
BATCH_ROWS = 200
READS_IN_FLIGHT = 8
PAGE_ROWS = 5000
# A page that gets lost must not look like an outage to the cache that shows the list (edition_cache.SHOWN_SECONDS).
PAGE_TIMEOUT_SECONDS = 2.5

SCANNED_RANGES = 256
# Of the ring of Murmur3. No partition has the first one.
FIRST_TOKEN, TOKENS = -(2**63), 2**64 - 1

# If more rows than this are refused, the rows are not at fault.
MAX_REFUSED_ROWS = 1000

Value = TypeVar("Value")


class RefusedRow(NamedTuple):
    """A row that Cassandra refuses every time, such as one that is too large, and why."""

    row: PackedRow
    reason: str


class BulkWriter:
    """Writes rows as unlogged batches, each within one replica set, several in flight at a time.

    `write` gathers and may wait for earlier rows; when `finish` returns, Cassandra has acknowledged all, or refused
    them for good: those are in `refused`. Rows are the packed values of `statement`, which must be idempotent; its
    first routing key index says which value is the partition key. `profile` is that of the connection: how long a batch
    may take. Both raise StorageUnavailableError, after which it is unknown which of the rows were written, and
    InvalidRequest when too many are refused.
    """

    def __init__(self, link: Link, statement: Statement, *, profile: str = BULK_PROFILE) -> None:
        self._session = link.session
        self._profile = profile
        self._statement = statement.prepared
        self._partition_key: int = self._statement.routing_key_indexes[0]
        self._ring: Ring = ring_of(link.session.cluster, link.keyspace)
        self._rows: list[PackedRow] = []
        self._in_flight: deque[tuple[list[PackedRow], ResponseFuture]] = deque()
        self.refused: list[RefusedRow] = []

    def write(self, row: PackedRow) -> None:
        self._rows.append(row)
        if len(self._rows) == PAGE_ROWS:
            self._send()

    def finish(self) -> None:
        self._send()
        with driver_errors():
            while self._in_flight:
                self._await_oldest()

    def _send(self) -> None:
        rows, self._rows = self._rows, []
        with driver_errors():
            for batch in batches(rows, self._ring, self._partition_key, BATCH_ROWS):
                if len(self._in_flight) == BATCHES_IN_FLIGHT:
                    self._await_oldest()
                self._in_flight.append((batch, self._execute(batch)))

    def _execute(self, batch: list[PackedRow]) -> ResponseFuture:
        return self._session.execute_async(unlogged_batch(self._statement, batch), execution_profile=self._profile)

    def _await_oldest(self) -> None:
        batch, future = self._in_flight.popleft()
        try:
            future.result()
        except InvalidRequest:
            for row in batch:
                self._write_alone(row)

    def _write_alone(self, row: PackedRow) -> None:
        """Writes a row of a refused batch alone: is it refused too, or was another row at fault?"""
        try:
            self._execute([row]).result()
        except InvalidRequest as error:
            if len(self.refused) == MAX_REFUSED_ROWS:
                raise
            self.refused.append(RefusedRow(row, f"Cassandra refuses it: {error}"))


def execute_many(
    link: Link, statement: Statement, parameters: Iterable[Sequence[object]], *, profile: str = BULK_PROFILE
) -> Iterator[ResultSet]:
    """The result for each of the parameters, in their order. Raises StorageUnavailableError."""
    session, prepared = link.session, statement.prepared
    in_flight: deque[ResponseFuture] = deque()
    with driver_errors():
        for values in parameters:
            if len(in_flight) == READS_IN_FLIGHT:
                yield in_flight.popleft().result()
            in_flight.append(session.execute_async(prepared, values, execution_profile=profile))
        while in_flight:
            yield in_flight.popleft().result()


def ids(link: Link, statement: Statement) -> Iterator[str]:
    """Those that a statement selects as its only column, one by one. Raises StorageUnavailableError."""
    with driver_errors():
        for (found,) in link.session.execute(statement.prepared, execution_profile=BULK_PROFILE):
            yield found


def read_pages(link: Link, statement: Statement, *values: object) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a long answer, page by page. Raises StorageUnavailableError.

    Cassandra reads the next page while the caller goes through this one.
    """
    with driver_errors():
        future = link.session.execute_async(statement.prepared, values, timeout=PAGE_TIMEOUT_SECONDS)
        while True:
            rows, is_last = future.result().current_rows, not future.has_more_pages
            if not is_last:
                future.start_fetching_next_page()
            yield rows
            if is_last:
                return


def scan(link: Link, statement: Statement, *values: object) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a whole table, page by page. Raises StorageUnavailableError.

    The statement's first two values are the bounds of a range of tokens, of which the first is not part of it: no
    request makes a node go through more than one of them.
    """
    bounds = [FIRST_TOKEN + number * TOKENS // SCANNED_RANGES for number in range(SCANNED_RANGES + 1)]
    for after, last in pairwise(bounds):
        yield from read_pages(link, statement, after, last, *values)


def pieces(values: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """The values in sequences of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
