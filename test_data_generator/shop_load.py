"""Orders and products into the shop's Postgres, in one transaction."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from random import Random
from typing import Any, TypeVar

from psycopg2.errors import UndefinedTable
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name looks like

from test_data_generator.daily_activity import MILLISECOND
from test_data_generator.orders import Order
from test_data_generator.shop import Product
from vitrine.errors import VitrineError
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect
from vitrine.shop_database.connection import driver_errors

# At most two of these are in memory: one that Postgres is taking, one that is being made.
ORDERS_PER_COPY = 10_000
READ_BYTES = 1 << 20
# The products have come into the catalogue within this time before the first order.
CATALOGUE_AGE = timedelta(days=730) // MILLISECOND
PATIENCE_SECONDS = 2.0

Result = TypeVar("Result")


class LoadError(VitrineError):
    """Nothing was loaded, and nothing changed; the message says why."""


class ShopNotEmptyError(LoadError):
    """There are products or orders already; the message says how many."""


@contextmanager
def shop_load(settings: ShopDatabaseSettings, *, reset: bool, say: Callable[[str], None]) -> Iterator["ShopLoad"]:
    """A load that is committed when the block ends without an error. Until then, and after one, the shop is as it was.

    `reset` replaces what is there. Meanwhile others who read or write the
    shop's tables wait, and `say` is told when we wait for them. An interrupt ends a statement that is running.
    Raises ShopNotEmptyError without `reset`, LoadError, ShopDatabaseUnavailableError.
    """
    with closing(connect(settings)) as connection, ThreadPoolExecutor(1) as thread:
        load = ShopLoad(connection, thread)
        try:
            load.begin(reset=reset, say=say)
            yield load
            load.commit()
        except BaseException:
            with suppress(connection.Error):
                connection.cancel()
            raise


class ShopLoad:
    """The transaction of shop_load(). Statements run in a thread, in their order, while orders are made in another.

    The foreign keys are put back, and with that checked, at the end: checking them row by row takes as long as all
    the rest. So products may come after the orders that hold them.
    """

    def __init__(self, connection: Connection, thread: ThreadPoolExecutor) -> None:
        self.products = self.orders = self.lines = 0
        self._connection = connection
        self._cursor = connection.cursor()
        self._thread = thread
        self._copying: Future[None] | None = None
        self._foreign_keys: list[str] = []

    def begin(self, *, reset: bool, say: Callable[[str], None]) -> None:
        """For shop_load() only, as is commit()."""
        if not reset:
            self._run(self._refuse_unless_empty)
            # Else two loads, each with a lock to read, would wait for each other.
            self._run(self._connection.rollback)
        self._lock(say)
        self._run(self._empty if reset else self._refuse_unless_empty)
        self._run(self._drop_foreign_keys)

    def add_orders(self, orders: Sequence[Order]) -> None:
        """Copies them while the caller goes on. Their ids must be new, all ids valid, and no order without lines."""
        rows = "".join([f"{order.orderid}\t{order.userid}\t{_time(order.time)}\n" for order in orders])
        lines = [
            f"{order.orderid}\t{productid}\t{quantity}\n"
            for order in orders
            for productid, quantity in order.lines.items()
        ]
        self.orders += len(orders)
        self.lines += len(lines)
        self._copying = self._start(partial(self._copy_orders, rows, "".join(lines)))

    def add_products(self, products: Sequence[Product], *, before: int, seed: int) -> None:
        """Copies products, which came into the catalogue before this time, in milliseconds since 1970."""
        random = Random(f"{seed}/created")
        age = min(before, CATALOGUE_AGE)
        rows = [
            f"{product.productid}\t{product.categoryid}\t{product.name}\t{product.price}"
            f"\t{_time(before - int(random.random() * age))}\n"
            for product in products
        ]
        self.products += len(rows)
        columns = "product_id, category_id, name, price, created_at"
        self._run(lambda: self._copy(f"products ({columns})", "".join(rows)))

    def present(self, orderids: Iterable[str]) -> set[str]:
        """Which of these orders have been added."""
        statement = "SELECT order_id FROM orders WHERE order_id = ANY(%s)"
        return {orderid for (orderid,) in self._run(lambda: self._execute(statement, list(orderids)))}

    def commit(self) -> None:
        self._run(self._add_foreign_keys)
        # Postgres would do this by itself, but minutes after the first queries.
        self._run(lambda: self._execute("ANALYZE products, orders, order_items"))
        self._run(self._connection.commit)

    def _empty(self) -> None:
        self._execute("TRUNCATE order_items, orders, products")

    def _refuse_unless_empty(self) -> None:
        ((products, orders),) = self._execute("SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM orders)")
        if products or orders:
            raise ShopNotEmptyError(f"the shop holds {products:,} products and {orders:,} orders already")

    def _lock(self, say: Callable[[str], None]) -> None:
        """All at once and from the start: a lock that is raised later can end in a deadlock."""
        locking = self._start(
            lambda: self._execute("LOCK TABLE products, orders, order_items IN ACCESS EXCLUSIVE MODE")
        )
        try:
            locking.result(PATIENCE_SECONDS)
        except TimeoutError:
            say("waiting until others have finished with the shop's tables")
            locking.result()

    def _drop_foreign_keys(self) -> None:
        """Drops those that the schema has; keeps the statements that put them back."""
        keys = self._execute(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),"
            " format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
            " FROM pg_constraint WHERE contype = 'f' AND conrelid = 'order_items'::regclass ORDER BY conname"
        )
        for drop, add in keys:
            self._execute(drop)
            self._foreign_keys.append(add)

    def _add_foreign_keys(self) -> None:
        for statement in self._foreign_keys:
            self._execute(statement)

    def _copy_orders(self, orders: str, lines: str) -> None:
        self._copy("orders (order_id, user_id, ordered_at)", orders)
        self._copy("order_items (order_id, product_id, quantity)", lines)

    def _copy(self, table: str, rows: str) -> None:
        # Nothing is escaped: ids and made-up names have neither tabs nor backslashes.
        with _driver_quiet():
            self._cursor.copy_expert(f"COPY {table} FROM STDIN", StringIO(rows), size=READ_BYTES)

    def _execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        self._cursor.execute(statement, parameters or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def _run(self, action: Callable[[], Result]) -> Result:
        return self._start(action).result()

    def _start(self, action: Callable[[], Result]) -> Future[Result]:
        if self._copying:
            copying, self._copying = self._copying, None
            copying.result()
        return self._thread.submit(self._translating_errors, action)

    def _translating_errors(self, action: Callable[[], Result]) -> Result:
        try:
            with driver_errors():
                return action()
        except UndefinedTable as error:
            raise LoadError("the shop's tables are not there: `manage.py migrate` makes them") from error
        except self._connection.Error as error:
            raise LoadError(f"Postgres refuses the load: {' '.join(str(error).split())}") from error


@contextmanager
def _driver_quiet() -> Iterator[None]:
    """When Postgres ends a connection during a COPY there are two errors: psycopg2 raises one and prints the other."""
    hook, sys.excepthook = sys.excepthook, lambda *_: None
    try:
        yield
    finally:
        sys.excepthook = hook


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
