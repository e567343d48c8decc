"""A shop small enough to work out by hand what is to be shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.unit.vitrine.learning.small_model import SMALL, learn, session
from vitrine.learning import Model
from vitrine.recommending import Assortment, BestSellerLists, Catalogue, Learned, ModelCache, Product

NOW = 1_790_000_000.0
DAY = 86_400.0

# The naive UTC that Cassandra's driver gives.
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
# Created in this order, a day apart: z1 is the newest.
_CREATED = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "c1", "c2", "x1", "x2", "z1"]

CATALOGUE = Catalogue.of(
    Product(product, product[0].upper(), _FIRST_DAY + timedelta(days=day)) for day, product in enumerate(_CREATED)
)
# Nothing of X and Z was bought.
BEST_SELLERS = BestSellerLists(
    "2026-10",
    ["b1", "a1", "a2", "c1", "b2"],
    {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2"]},
)
SMALL_SHOP = Assortment(CATALOGUE, BEST_SELLERS)


def views(products: str, *, age: float = 0.0) -> list[tuple[str, float]]:
    """Views of the products, "a1 b1" for one of each, all of one age in seconds."""
    return [(product, NOW - age) for product in products.split()]


def taught(folder: Path, *sessions: str, catalogue: Catalogue = CATALOGUE) -> Learned:
    """A model that has seen these sessions, each of another user, beside a catalogue."""
    model = Model.open(folder, SMALL, seed=7)
    for user, products in enumerate(sessions):
        learn(model, session(f"user-{user}", products))
    model.close()
    learned = ModelCache(folder).current(catalogue)
    assert learned
    return learned
