"""Telling Kafka which order lines are new, for whoever learns from them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from vitrine.orders import Slice
from vitrine.purchases import Line, encode, line
from vitrine.settings import KafkaSettings
from vitrine.storage.driver.bulk import BulkWriter
from vitrine.storage.driver.packed import PackedRow, first_values
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.streaming import PurchasePublisher

# Each time the acknowledgement of Kafka is waited for.
ROWS_AT_ONCE = 20_000
# A message of so many lines with the longest ids is well below what Kafka takes.
LINES_PER_MESSAGE = 1000
# In the order of OrderLineStore.COLUMNS.
_VALUES = OrderLineStore.COLUMNS.index("quantity") + 1


class AnnouncingWriter:
    """Writes lines to Cassandra; those of them that were not there before are announced first.

    First, as a chunk that fails in between is done again, and what stands in Cassandra then is new no more: so each
    line is announced at least once, and whoever learns from it counts it once. A line that only changed is not
    announced, nor one that was deleted. Kafka is needed only where there is something new; where it is away, `write`
    and `finish` raise StreamUnavailableError, and nothing that was not announced has been written.
    """

    def __init__(
        self, kafka: KafkaSettings, store: OrderLineStore, slices: Iterable[Slice], writer: BulkWriter
    ) -> None:
        self._kafka = kafka
        self._writer = writer
        # Eight bytes of each: a chunk may hold millions.
        self._known = {hash(key) for key in store.keys(slices)}
        self._rows: list[PackedRow] = []
        self._publisher: PurchasePublisher | None = None
        self.announced = 0

    def write(self, row: PackedRow) -> None:
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self._pass_on()

    def finish(self) -> None:
        """Returns when all lines have been announced and written."""
        self._pass_on()
        self._writer.finish()

    def close(self) -> None:
        """Ends the connection to Kafka, if there was one."""
        if self._publisher:
            self._publisher.close()

    def _pass_on(self) -> None:
        rows, self._rows = self._rows, []
        if new := list(self._messages(rows)):
            self._publisher = self._publisher or PurchasePublisher(self._kafka)
            self._publisher.publish(new)
        for row in rows:
            self._writer.write(row)

    def _messages(self, rows: Sequence[PackedRow]) -> Iterator[tuple[str, bytes]]:
        """Each user of these rows, who come one after the other, with the JSON text of the lines that are new."""
        values = (first_values(row, _VALUES) for row in rows)
        for user, of_user in groupby(values, itemgetter(0)):
            userid = user.decode()
            new = [found for each in of_user if (found := self._line(userid, each))]
            self.announced += len(new)
            for start in range(0, len(new), LINES_PER_MESSAGE):
                yield userid, encode(userid, new[start : start + LINES_PER_MESSAGE])

    def _line(self, userid: str, values: Sequence[bytes]) -> Line | None:
        """None for a line that is not new."""
        _, time, order, product, _, quantity = values
        orderid, productid = order.decode(), product.decode()
        if self._known and hash((userid, orderid, productid)) in self._known:
            return None
        return line(
            orderid=orderid,
            productid=productid,
            quantity=int.from_bytes(quantity),
            milliseconds=int.from_bytes(time, signed=True),
        )
