"""Reads that a shopper waits for."""

from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from cassandra.cluster import ResponseFuture, ResultSet, Session
from cassandra.query import BoundStatement

from vitrine.errors import StorageUnavailableError
from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS
from vitrine.storage.driver.link import Link, Statement

# A read that goes past its first page goes far. 100,000 rows take a quarter less time in pages of 20,000 than of 5,000;
# still longer ones would be decoded while other answers wait.
NEXT_PAGE_ROWS = 5000
FAR_PAGE_ROWS = 20_000


def read(
    link: Link,
    statement: Statement,
    values: Sequence[bytes],
    *,
    first_page_rows: int,
    timeout: float = READ_TIMEOUT_SECONDS,
) -> Iterator[tuple[Any, ...]]:
    """Asks for the rows at once; they come page by page as far as they are asked for.

    `values` are serialised already. Most answers need only a first page, if it has the right size. The driver's errors
    pass through; a page that takes longer than `timeout` seconds raises StorageUnavailableError.
    """
    session = link.session
    bound = _bound(statement, values)
    bound.fetch_size = first_page_rows
    return _rows(session, bound, _Page(session, bound), timeout)


def _rows(session: Session, bound: BoundStatement, first: "_Page", timeout: float) -> Iterator[tuple[Any, ...]]:
    result = first.result(timeout)
    yield from result.current_rows
    bound.fetch_size = NEXT_PAGE_ROWS
    next_page = _next_page(session, bound, result)
    while next_page is not None:
        result = next_page.result(timeout)
        bound.fetch_size = FAR_PAGE_ROWS
        # In flight while the caller looks at these rows.
        next_page = _next_page(session, bound, result)
        yield from result.current_rows


class _Page:
    """A page that was asked for.

    The driver's own time limit sets a timer that wakes its event loop for each request, a fifth of the client's time
    for a read; here the waiting thread watches the clock.
    """

    def __init__(self, session: Session, statement: BoundStatement, paging_state: bytes | None = None) -> None:
        self._done: SimpleQueue[object] = SimpleQueue()
        self._future: ResponseFuture = session.execute_async(statement, timeout=None, paging_state=paging_state)
        self._future.add_callbacks(self._done.put, self._done.put)

    def result(self, timeout: float) -> ResultSet:
        """Waits for the answer. Raises what the driver raises, and StorageUnavailableError when it takes too long."""
        try:
            self._done.get(timeout=timeout)
        except Empty:
            raise StorageUnavailableError(f"Cassandra: no answer within {timeout} s") from None
        return self._future.result()


def _next_page(session: Session, statement: BoundStatement, result: ResultSet) -> _Page | None:
    return None if result.paging_state is None else _Page(session, statement, result.paging_state)


def _bound(statement: Statement, values: Sequence[bytes]) -> BoundStatement:
    """A statement with values that are serialised already: a tenth of the client's time for a read."""
    bound = BoundStatement(statement.prepared)
    bound.values = list(values)
    return bound
