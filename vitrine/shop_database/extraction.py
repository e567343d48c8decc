"""What is to be carried over from the shop's database: what has changed, and the lines and products themselves.

Order lines are carried over in slices: a slice is all that one user ordered within a span of time. Whatever happened
to an order - new, changed, moved to another user or date, deleted - the slices that held it and hold it now are
carried over again, as a whole.

The functions that take a cursor see one state of the database when its transaction is REPEATABLE READ (`reading`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.orders import BEGINNING_OF_TIME, END_OF_TIME, Slice
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors, schema_errors

SORT_MEMORY = "64MB"

# What COPY sends of a row: the number of its values, then each after its length. Numbers and texts in it are, byte for
# byte, what Cassandra takes (vitrine/storage/driver/packed.py).
Row = bytes

_COPY_HEADER = 19
_NO_ROW = {b"\xff\xff", b""}


@dataclass(frozen=True)
class Snapshot:
    """Which transactions could be seen (pg_current_snapshot), when, and of which server and database.

    Snapshots of different sources cannot be compared: a restored copy numbers its transactions independently.
    """

    text: str
    taken_at: datetime
    source: str


@dataclass(frozen=True)
class Selection:
    """Which slices: those changed since a snapshot (its text) or, where that is None, all orders of a period.

    The period is from `since` to `until`, both included. Of them those of the users from `first_user` up to but
    without `last_user`; None: without that bound.
    """

    changed_since: str | None = None
    since: datetime = BEGINNING_OF_TIME
    until: datetime = END_OF_TIME
    first_user: str | None = None
    last_user: str | None = None


@contextmanager
def reading(settings: ShopDatabaseSettings) -> Iterator[Cursor]:
    """A transaction that sees one state of the database and changes nothing.

    Raises ShopDatabaseUnavailableError, and SchemaError if the database is not that of a shop.
    """
    with closing(connect(settings)) as connection, driver_errors():
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ)
        refused = f"read the shop's tables in {settings.shop_database}"
        with schema_errors(refused, "those that are missing"), connection, connection.cursor() as cursor:
            cursor.execute("SELECT set_config('work_mem', %s, true)", (SORT_MEMORY,))
            yield cursor


def current_snapshot(cursor: Cursor) -> Snapshot:
    """What this transaction sees."""
    cursor.execute("""
        SELECT pg_current_snapshot()::text, clock_timestamp(), concat_ws('/', system_identifier, timeline_id, oid)
        FROM pg_control_system(), pg_control_checkpoint(), pg_database WHERE datname = current_database()
    """)
    return next(Snapshot(*row) for row in cursor)


def select_slices(cursor: Cursor, selection: Selection) -> None:
    """Puts the slices of a selection into the transaction's temporary table `slices`, which the others read."""
    query = _SLICES_OF_PERIOD if selection.changed_since is None else _CHANGED_SLICES
    cursor.execute(f"CREATE TEMPORARY TABLE slices ON COMMIT DROP AS {query}", asdict(selection))
    cursor.execute("ANALYZE slices")


def leave_out_erased(cursor: Cursor, erased: Mapping[str, datetime]) -> None:
    """Takes out of the selected slices what was ordered up to the erasure of its user.

    `erased` is until when, by the SHA-256 of `user:<id>`. What Cassandra holds from before that is not touched: the
    erasure has removed it.
    """
    if not erased:
        return
    cursor.execute(
        """
        UPDATE slices SET since = greatest(since, until_then + interval '1 millisecond')
        FROM unnest(%s::text[], %s::timestamptz[]) AS erased (digest, until_then)
        WHERE digest = encode(sha256(convert_to('user:' || user_id, 'UTF8')), 'hex')
        """,
        (list(erased), list(erased.values())),
    )
    cursor.execute("DELETE FROM slices WHERE since > until")


def user_bounds(cursor: Cursor, slices_per_chunk: int) -> list[str]:
    """The first user of each chunk of the selected slices; none where there are no slices."""
    cursor.execute(
        """
        SELECT user_id FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) AS number FROM slices) AS numbered
        WHERE number %% %(size)s = 1 ORDER BY user_id
        """,
        {"size": slices_per_chunk},
    )
    return [user for (user,) in cursor]


def slices(cursor: Cursor) -> list[Slice]:
    """The selected slices, by user."""
    cursor.execute("SELECT user_id, since, until FROM slices ORDER BY user_id")
    return [Slice(*row) for row in cursor]


def copy_lines(cursor: Cursor, values: str, written_at: int, write: Callable[[Row], None]) -> int:
    """Passes each line of the selected slices to `write`, by user; returns how many there were.

    A row is the `values` (columns.line_values), and `written_at` (64 bits). The lines stream: while `write` waits,
    Postgres waits too.
    """
    return _copy(
        cursor,
        f"""
        SELECT {values}, {written_at}::bigint
        FROM slices AS s
        JOIN orders AS o ON o.user_id = s.user_id AND o.ordered_at BETWEEN s.since AND s.until
        JOIN order_items AS i USING (order_id) JOIN products AS p USING (product_id)
        ORDER BY o.user_id
        """,
        write,
    )


def changed_products(cursor: Cursor, changed_since: str | None) -> list[str]:
    """The ids of the products that were made, changed or deleted since a snapshot; None: of all products."""
    if changed_since is None:
        cursor.execute("SELECT product_id FROM products")
    else:
        cursor.execute(f"SELECT DISTINCT product_id {_CHANGED_PRODUCTS}", {"changed_since": changed_since})
    return [product for (product,) in cursor]


def copy_products(
    cursor: Cursor, values: str, productids: list[str], written_at: int, write: Callable[[Row], None]
) -> int:
    """Passes the products that exist, and are not impossible_products, to `write`; returns how many there were.

    A row is the `values` (columns.product_values), and `written_at` (64 bits).
    """
    cursor.execute(
        "CREATE TEMPORARY TABLE wanted (product_id) ON COMMIT DROP AS SELECT unnest(%s::text[])", (productids,)
    )
    return _copy(
        cursor,
        f"SELECT {values}, {written_at}::bigint FROM wanted JOIN products USING (product_id) WHERE {_POSSIBLE}",
        write,
    )


def impossible_products(cursor: Cursor, productids: list[str]) -> list[tuple[str, str]]:
    """Those of the products that Cassandra cannot store, and why; copy_products leaves them out.

    The schema refuses them as well, but there may be some from before it did.
    """
    query = (
        f"SELECT product_id FROM products WHERE product_id = ANY(%s::text[]) AND NOT ({_POSSIBLE}) ORDER BY product_id"
    )
    cursor.execute(query, (productids,))
    return [(productid, "its price is NaN") for (productid,) in cursor]


def users_without_lines(cursor: Cursor, userids: list[str]) -> list[str]:
    """Those of the users who have ordered nothing."""
    cursor.execute(f"SELECT user_id FROM unnest(%s::text[]) AS given (user_id) WHERE NOT {_HAS_LINES}", (userids,))
    return [user for (user,) in cursor]


def count_selected_users_without_lines(cursor: Cursor) -> int:
    """How many users of the selected slices have ordered nothing, or not any more."""
    cursor.execute(f"SELECT count(*) FROM slices AS given WHERE NOT {_HAS_LINES}")
    return next(int(count) for (count,) in cursor)


def missing_products(cursor: Cursor, productids: list[str]) -> list[str]:
    """Those of the ids that belong to no product."""
    cursor.execute(
        """
        SELECT id FROM unnest(%s::text[]) AS given (id)
        WHERE NOT EXISTS (SELECT FROM products WHERE product_id = given.id)
        """,
        (productids,),
    )
    return [product for (product,) in cursor]


def forget_changes(settings: ShopDatabaseSettings, seen_by: str) -> None:
    """Removes the changes that a snapshot has seen: no later run asks for them.

    The newest of them stays, and says how far the log reaches back to others that read it (is_complete_since).
    """
    with closing(connect(settings)) as connection, driver_errors(), connection, connection.cursor() as cursor:
        for table in ("order_changes", "product_changes"):
            cursor.execute(
                f"""
                DELETE FROM extraction.{table} WHERE transaction_id < pg_snapshot_xmin(%(seen_by)s)
                AND ctid <> (
                    SELECT ctid FROM extraction.{table} WHERE transaction_id < pg_snapshot_xmin(%(seen_by)s)
                    ORDER BY transaction_id DESC LIMIT 1
                )
                """,
                {"seen_by": seen_by},
            )


_POSSIBLE = "price <> 'NaN'"
# One index lookup for each user. With EXISTS the planner may choose a join with all order lines.
_HAS_LINES = """
    coalesce((SELECT true FROM orders JOIN order_items USING (order_id) WHERE user_id = given.user_id LIMIT 1), false)
"""
CHANGED = """
    FROM extraction.{} AS change WHERE transaction_id >= pg_snapshot_xmin(%(changed_since)s)
    AND NOT pg_visible_in_snapshot(transaction_id, %(changed_since)s)
"""
_CHANGED_PRODUCTS = CHANGED.format("product_changes")
_USERS = """
    (%(first_user)s IS NULL OR user_id >= %(first_user)s) AND (%(last_user)s IS NULL OR user_id < %(last_user)s)
"""
_CHANGED_SLICES = f"""
    WITH change AS MATERIALIZED (SELECT * {CHANGED.format("order_changes")}),
    key (user_id, ordered_at) AS (
        SELECT user_id, ordered_at FROM change WHERE user_id IS NOT NULL
        UNION ALL SELECT o.user_id, o.ordered_at FROM change JOIN orders AS o USING (order_id)
        UNION ALL SELECT o.user_id, o.ordered_at
            FROM (SELECT DISTINCT product_id {_CHANGED_PRODUCTS} AND recategorised) AS product
            JOIN order_items USING (product_id) JOIN orders AS o USING (order_id)
    )
    SELECT user_id, min(ordered_at) AS since, max(ordered_at) AS until
    FROM key WHERE {_USERS} GROUP BY user_id
"""
_SLICES_OF_PERIOD = f"""
    SELECT DISTINCT user_id, %(since)s::timestamptz AS since, %(until)s::timestamptz AS until
    FROM orders WHERE ordered_at BETWEEN %(since)s AND %(until)s AND {_USERS}
"""


def _copy(cursor: Cursor, query: str, write: Callable[[Row], None]) -> int:
    reader = _Rows(write)
    cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", reader)
    return reader.count


class _Rows:
    """Takes what COPY … (FORMAT binary) sends: one message a row, as the protocol promises.

    The first message has a header before its row; the last is an end mark, or both in one if there is no row.
    """

    def __init__(self, write: Callable[[Row], None]) -> None:
        self.count = 0
        self._write = write
        self._started = False

    def write(self, message: bytes) -> int:
        row = message
        if not self._started:
            row, self._started = message[_COPY_HEADER:], True
        if row not in _NO_ROW:
            self._write(row)
            self.count += 1
        return len(message)
