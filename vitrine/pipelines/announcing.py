"""Telling Kafka which order lines are new, for whoever learns from them."""

from collections.abc import Iterable

from vitrine.orders import Slice
from vitrine.purchases import encode
from vitrine.settings import KafkaSettings
from vitrine.storage.driver.bulk import BulkWriter
from vitrine.storage.driver.packed import PackedRow, first_values
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.streaming import PurchasePublisher

ROWS_AT_ONCE = 5000
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
        new = [purchase for row in rows if (purchase := self._purchase(row))]
        if new:
            self._publisher = self._publisher or PurchasePublisher(self._kafka)
            self._publisher.publish(new)
            self.announced += len(new)
        for row in rows:
            self._writer.write(row)

    def _purchase(self, row: PackedRow) -> tuple[str, bytes] | None:
        """User and JSON text of a line that is new."""
        user, time, order, product, _, quantity = first_values(row, _VALUES)
        userid, orderid, productid = user.decode(), order.decode(), product.decode()
        if hash((userid, orderid, productid)) in self._known:
            return None
        text = encode(
            orderid=orderid,
            userid=userid,
            productid=productid,
            quantity=int.from_bytes(quantity),
            milliseconds=int.from_bytes(time, signed=True),
        )
        return userid, text
