"""A model for benchmarks: as many products as a shop has, each with a full row of neighbours, or nearly so."""

from pathlib import Path

import numpy as np

from vitrine.learning import Events, Model, Size

_CLICKS_A_SESSION = 10
_SESSIONS_A_BATCH = 10_000
# Of each product so many sessions have a click, as a rule.
_SESSIONS_A_PRODUCT = 5
# What is viewed together lies this near, in numbers of products.
_SPREAD = 60.0


def teach(folder: Path, products: int, *, now: float) -> None:
    """Learns sessions of products that are near each other; some products are viewed much more than others."""
    random = np.random.default_rng(1)
    model = Model.open(folder, Size(products=products), seed=1)
    sessions = products * _SESSIONS_A_PRODUCT // 2
    for first in range(0, sessions, _SESSIONS_A_BATCH):
        shape = (min(_SESSIONS_A_BATCH, sessions - first), _CLICKS_A_SESSION)
        homes = (random.random((shape[0], 1)) ** 2 * products).astype(np.int64)
        numbers = (homes + random.normal(0, _SPREAD, shape).astype(np.int64)) % products
        times = now - 86_400 * (1 + first / sessions) + np.arange(numbers.size) % _CLICKS_A_SESSION
        users = [f"user-{first + number // _CLICKS_A_SESSION}" for number in range(numbers.size)]
        ids = [f"{first}-{number}" for number in range(numbers.size)]
        model.learn(Events(users, [f"product-{number}" for number in numbers.ravel()], ids, times.tolist()))
    # All others once, so that there are as many as there should be.
    rest = [f"product-{number}" for number in range(products)]
    model.learn(Events([f"visitor-{product}" for product in rest], rest, rest, [now] * products))
    model.close()
