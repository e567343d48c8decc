"""Which nodes hold a partition, and the grouping of rows into batches that one node can write without the others."""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cassandra.cluster import Cluster
from cassandra.metadata import Murmur3Token

from vitrine.storage.packed import PackedRow, value

# Cassandra refuses batches over 50 KiB of row data as it is configured by default.
MAX_BATCH_BYTES = 24 * 1024
MAX_BATCH_ROWS = 48


@dataclass(frozen=True)
class Ring:
    """The token ring of a keyspace.

    `tokens` are sorted; `replica_sets[i]` names the nodes that hold the tokens from above `tokens[i - 1]` up to and
    including `tokens[i]`. Above the last token the ring starts again.
    """

    tokens: Sequence[int]
    replica_sets: Sequence[Hashable]

    def replica_set(self, partition_key: bytes) -> Hashable:
        """The nodes that hold a partition; the partition key is a single column's serialised value."""
        if len(self.tokens) == 1:
            return self.replica_sets[0]
        point = bisect_left(self.tokens, Murmur3Token.hash_fn(partition_key))
        return self.replica_sets[point % len(self.tokens)]


def ring_of(cluster: Cluster, keyspace: str) -> Ring:
    """The ring as the driver knows it now."""
    token_map = cluster.metadata.token_map
    if token_map is None or not token_map.ring:
        return Ring([0], [frozenset()])
    replica_sets = [frozenset(token_map.get_replicas(keyspace, token)) for token in token_map.ring]
    if len(set(replica_sets)) == 1:
        return Ring([0], replica_sets[:1])
    return Ring([token.value for token in token_map.ring], replica_sets)


def batches(
    rows: Iterable[PackedRow], ring: Ring, partition_key: int = 0, max_rows: int = MAX_BATCH_ROWS
) -> Iterator[list[PackedRow]]:
    """Rows in batches that never cross replica sets, bounded by rows and by bytes.

    `partition_key` says which value of a row that is. The order of the rows of one partition is kept. A row larger
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
