"""The moment of an erasure: a machine whose clock is slow leaves nothing of the last minutes behind."""

import time

from tests.integration.storage.keyspaces import linked
from vitrine.settings import CassandraSettings
from vitrine.storage.tables.erasures import ErasureStore


def test_the_later_of_two_clocks_counts(settings: CassandraSettings) -> None:
    # A minute is more than a busy machine takes to answer.
    with linked(settings) as link:
        store, now = ErasureStore(link), time.time()
        assert abs(store.later_of(now - 600) - now) < 60
        assert store.later_of(now + 600) == now + 600
