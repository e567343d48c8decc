"""Groups rows into batches that one replica set can write without the others."""

from collections.abc import Hashable, Iterable, Iterator

from vitrine.storage.driver.packed import PackedRow, value
from vitrine.storage.driver.ring import Ring

# By default Cassandra refuses batches with more than 50 KiB of row data.
MAX_BATCH_BYTES = 24 * 1024
MAX_BATCH_ROWS = 48


def batches(
    rows: Iterable[PackedRow], ring: Ring, partition_key: int = 0, max_rows: int = MAX_BATCH_ROWS
) -> Iterator[list[PackedRow]]:
    """Rows in batches that never cross replica sets, bounded by rows and by bytes.

    `partition_key` is the index of that value in a row. The order of the rows of one partition is kept. A row larger
    than the bound is a batch of its own.
    """
    open_batches: dict[Hashable, tuple[list[PackedRow], int]] = {}
    everywhere = ring.replica_sets[0] if len(ring.tokens) == 1 else None
    for row in rows:
        replicas = everywhere or ring.replica_set(value(row, partition_key))
        batch, batch_size = open_batches.get(replicas, ([], 0))
        if batch and (len(batch) == max_rows or batch_size + len(row) > MAX_BATCH_BYTES):
            yield batch
            batch, batch_size = [], 0
        batch.append(row)
        open_batches[replicas] = (batch, batch_size + len(row))
    for batch, _ in open_batches.values():
        yield batch
