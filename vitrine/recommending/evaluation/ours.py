"""Our lists, by the code that answers the API's requests."""

from collections import Counter, defaultdict

from vitrine.learning import Forest, Linear, Wanted
from vitrine.recommending import (
    VIEWS_THAT_COUNT,
    Assortment,
    BestSellerLists,
    Catalogue,
    History,
    Learned,
    Product,
    recommend,
)
from vitrine.recommending.evaluation.datasets import DataSet
from vitrine.recommending.replaying import Asked, Replay

LENGTH = 20
_LIST_LENGTH = 10 * LENGTH


class Served:
    """What `GET user_history_recommendations/` answers: no product that was viewed, unless nothing else is left."""

    def __init__(self, replay: Replay, scorer: Linear | Forest, shop: Assortment) -> None:
        self._replay, self._scorer, self._shop = replay, scorer, shop
        self._learned: Learned | None = None

    def __call__(self, asked: Asked) -> list[str]:
        views = [(product, asked.click.time) for product in asked.history[:VIEWS_THAT_COUNT]]
        assortment = Assortment(self._shop.catalogue, self._shop.best_sellers, self._current())
        found = recommend(History(views, asked.click.time), assortment, limit=LENGTH, reasons=False)
        return [candidate.product for candidate in found]

    def _current(self) -> Learned:
        """As the API does it: products are looked up again when the model has numbered another one."""
        generation, learned = self._replay.generation, self._learned
        if learned is None or learned.generation is not generation or learned.numbering != generation.numbering:
            learned = self._learned = Learned.of(generation, self._shop.catalogue, self._scorer)
        return learned


class Repeating:
    """What comes next where a product may come again. The API answers nothing of the kind; its model can."""

    def __init__(self, replay: Replay, scorer: Linear | Forest) -> None:
        self._replay, self._scorer = replay, scorer

    def __call__(self, asked: Asked) -> list[str]:
        ranked = self._replay.generation.rank(
            asked.history, Wanted(LENGTH, may_repeat=True), scorer=self._scorer, categories=self._replay.categories
        )
        return [each.product for each in ranked]


def shop_of(data: DataSet) -> Assortment:
    """The catalogue and the best sellers of training; neither where the data have no categories."""
    if not data.categories:
        return Assortment()
    category_of = {product: str(category) for product, category in data.categories.items()}
    products = dict.fromkeys(click.product for click in data.training)
    catalogue = Catalogue.of(Product(product, category_of.get(product)) for product in products)
    return Assortment(catalogue, _best_sellers(data, catalogue))


def _best_sellers(data: DataSet, catalogue: Catalogue) -> BestSellerLists:
    """By views, as the data have no purchases."""
    overall = Counter(click.product for click in data.training)
    by_category: dict[str, list[str]] = defaultdict(list)
    for product, _ in overall.most_common():
        if category := catalogue.categories.get(product):
            by_category[category].append(product)
    lists = {category: products[:_LIST_LENGTH] for category, products in by_category.items()}
    return BestSellerLists("", [product for product, _ in overall.most_common(_LIST_LENGTH)], lists)
