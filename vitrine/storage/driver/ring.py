"""Which nodes hold a partition."""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from cassandra.cluster import Cluster
from cassandra.metadata import Murmur3Token


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
