"""What every source promises, and what each one shows of the small shop."""

from dataclasses import replace

import pytest

from tests.unit.vitrine.recommending.small_shop import CATALOGUE, NOW, SMALL_SHOP, taught, views
from vitrine.learning import Period
from vitrine.recommending import (
    SIMILAR,
    SOURCES,
    TRENDING,
    Assortment,
    BestSellerLists,
    Candidate,
    Catalogue,
    Filters,
    History,
    Learned,
    Product,
    Source,
)
from vitrine.recommending.filters import NO_FILTERS, Selection
from vitrine.recommending.sources import (
    BestSellersOverall,
    CategoryBestSellers,
    MostViewed,
    Newest,
    SameCategory,
    Trending,
    ViewedTogether,
    Wanted,
)

# A weighs 3, B 1, and two of each were viewed.
HISTORY = History(views("a4 a4 a4 b3"), NOW)
# a4 is viewed with x1, more often than with z1, and b3 with c2.
SESSIONS = ["a4 x1", "a4 x1", "a4 z1", "b3 c2", "z1 gone"]
SHOWN = {
    ViewedTogether: ["x1", "z1", "c2"],
    CategoryBestSellers: ["a1", "a2", "b1", "a3", "a4", "b2", "b3"],
    BestSellersOverall: ["b1", "a1", "a2", "c1", "b2"],
    Newest: ["z1", "x2", "x1", "c2", "c1", "b3", "b2", "b1", "a4", "a3", "a2", "a1"],
    # Of three views, of two, and of one: the later one weighs more.
    MostViewed: ["a4", "x1", "z1", "c2", "b3"],
    SameCategory: ["a1", "a2", "a3", "a4"],
    # Viewed a minute later than the others.
    Trending: ["x1", "z1"],
}
EVERY_SOURCE = [*SOURCES, SIMILAR[1], TRENDING[Period.WEEK][0]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Assortment:
    return replace(SMALL_SHOP, learned=taught(tmp_path_factory.mktemp("model"), *SESSIONS))


def wanted(assortment: Assortment, without: str = "", filters: Filters = NO_FILTERS) -> Wanted:
    return Wanted(
        Selection(assortment.catalogue, filters), lambda product: product not in without.split(), reasons=True
    )


def found(source: Source, assortment: Assortment = SMALL_SHOP, *, without: str = "") -> list[Candidate]:
    return list(source.candidates(HISTORY, assortment, wanted(assortment, without)))


def products(candidates: list[Candidate]) -> list[str]:
    return [each.product for each in candidates]


def test_every_source_is_tested_here() -> None:
    used = {type(source) for source in (*SOURCES, *SIMILAR, *(each for listed in TRENDING.values() for each in listed))}
    assert used == SHOWN.keys() == {type(source) for source in EVERY_SOURCE}
    assert len({source.name for source in EVERY_SOURCE}) == len(EVERY_SOURCE)


@pytest.mark.parametrize("source", EVERY_SOURCE, ids=lambda source: source.name)
class TestEverySource:
    def test_it_shows_of_the_small_shop_what_was_worked_out_by_hand(self, source: Source, shop: Assortment) -> None:
        assert products(found(source, shop)) == SHOWN[type(source)]

    def test_the_highest_score_comes_first(self, source: Source, shop: Assortment) -> None:
        scores = [each.score for each in found(source, shop)]
        assert scores == sorted(scores, reverse=True)
        assert all(score > 0 for score in scores)

    def test_it_names_itself_and_a_reason(self, source: Source, shop: Assortment) -> None:
        assert {each.source for each in found(source, shop)} == {source.name}
        assert all(each.reason for each in found(source, shop))

    def test_what_is_not_wanted_is_left_out_and_the_others_move_up(self, source: Source, shop: Assortment) -> None:
        everything = products(found(source, shop))
        without = products(found(source, shop, without=everything[0]))
        assert without[0] == everything[1]
        assert set(without) == set(everything[1:])

    def test_filters_leave_what_they_say(self, source: Source, shop: Assortment) -> None:
        everything = products(found(source, shop))
        first = everything[0]
        excluding = source.candidates(HISTORY, shop, wanted(shop, filters=Filters(exclude=frozenset([first]))))
        assert set(products(list(excluding))) == set(everything[1:])
        of_category = source.candidates(HISTORY, shop, wanted(shop, filters=Filters(category=first[0].upper())))
        assert {product for product in everything if product[0] == first[0]} <= set(products(list(of_category)))
        nothing = source.candidates(HISTORY, shop, wanted(shop, filters=Filters(category="none")))
        assert list(nothing) == []

    def test_what_left_the_catalogue_is_not_shown(self, source: Source, shop: Assortment) -> None:
        gone = found(source, shop)[0].product
        catalogue = Catalogue.of(
            Product(product, category) for product, category in CATALOGUE.categories.items() if product != gone
        )
        assert shop.learned
        learned = Learned.of(shop.learned.generation, catalogue)
        assert gone not in products(found(source, Assortment(catalogue, SMALL_SHOP.best_sellers, learned)))

    def test_an_empty_shop_has_nothing(self, source: Source) -> None:
        assert found(source, Assortment()) == []


def test_learned_candidates_say_what_they_are_viewed_together_with(shop: Assortment) -> None:
    assert {each.product: each.reason for each in found(ViewedTogether(), shop)} == {
        "x1": "viewed together with a4",
        "z1": "viewed together with a4",
        "c2": "viewed together with b3",
    }
    quick = Wanted(Selection(shop.catalogue), lambda _: True)
    reasons = {each.reason for each in ViewedTogether().candidates(HISTORY, shop, quick)}
    assert reasons == {"viewed together with what you viewed"}


def test_without_a_catalogue_there_is_what_was_viewed(shop: Assortment) -> None:
    assert shop.learned
    without = Assortment(learned=Learned.of(shop.learned.generation, Catalogue()))
    assert set(products(found(ViewedTogether(), without))) == {"x1", "z1", "c2", "gone"}
    assert set(products(found(MostViewed(), without))) == {*["a4", "x1", "z1", "b3", "c2", "gone"]}
    asked = wanted(without, filters=Filters(exclude=frozenset(["x1"])))
    assert set(products(list(ViewedTogether().candidates(HISTORY, without, asked)))) == {"z1", "c2", "gone"}


def test_places_are_shared_by_quotients() -> None:
    assert [(each.product, each.score) for each in found(CategoryBestSellers())[:5]] == [
        ("a1", 3.0),
        ("a2", 1.0),
        ("b1", 1.0),
        ("a3", 3 / 5),
        ("a4", 3 / 7),
    ]


def test_what_moved_to_another_category_is_no_best_seller_of_the_old_one() -> None:
    catalogue = Catalogue.of([Product("stayed", "A"), Product("moved", "B"), Product("a4", "A")])
    lists = BestSellerLists("2026-10", ["gone", "moved", "stayed"], {"A": ["moved", "gone", "stayed"], "C": ["gone"]})
    assert products(found(CategoryBestSellers(), Assortment(catalogue, lists))) == ["stayed"]
    assert products(found(BestSellersOverall(), Assortment(catalogue, lists))) == ["moved", "stayed"]


def test_only_what_the_shopper_viewed_makes_a_candidate_personal() -> None:
    assert {each.is_personal for each in found(CategoryBestSellers())} == {True}
    assert {each.is_personal for source in (BestSellersOverall(), Newest()) for each in found(source)} == {False}
