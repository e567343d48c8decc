"""What every source promises, and what each one shows of the small shop."""

import pytest

from tests.unit.vitrine.recommending.small_shop import CATALOGUE, NOW, SMALL_SHOP, views
from vitrine.recommending import SOURCES, Assortment, BestSellerLists, Candidate, Catalogue, History, Source
from vitrine.recommending.sources import BestSellersOverall, CategoryBestSellers, Newest

# A weighs 3, B 1, and two of each were viewed.
HISTORY = History(views("a4 a4 a4 b3"), NOW)
SHOWN = {
    CategoryBestSellers: ["a1", "a2", "b1", "a3", "a4", "b2", "b3"],
    BestSellersOverall: ["b1", "a1", "a2", "c1", "b2"],
    Newest: ["z1", "x2", "x1", "c2", "c1", "b3", "b2", "b1", "a4", "a3", "a2", "a1"],
}


def found(source: Source, assortment: Assortment = SMALL_SHOP, *, without: str = "") -> list[Candidate]:
    return list(source.candidates(HISTORY, assortment, lambda product: product not in without.split()))


def products(candidates: list[Candidate]) -> list[str]:
    return [each.product for each in candidates]


def test_every_source_is_tested_here() -> None:
    assert {type(source) for source in SOURCES} == SHOWN.keys()
    assert len({source.name for source in SOURCES}) == len(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
class TestEverySource:
    def test_it_shows_of_the_small_shop_what_was_worked_out_by_hand(self, source: Source) -> None:
        assert products(found(source)) == SHOWN[type(source)]

    def test_the_highest_score_comes_first(self, source: Source) -> None:
        scores = [each.score for each in found(source)]
        assert scores == sorted(scores, reverse=True)
        assert all(score > 0 for score in scores)

    def test_it_names_itself_and_a_reason(self, source: Source) -> None:
        assert {each.source for each in found(source)} == {source.name}
        assert all(each.reason for each in found(source))

    def test_what_is_not_wanted_is_left_out_and_the_others_move_up(self, source: Source) -> None:
        everything = products(found(source))
        without = products(found(source, without=everything[0]))
        assert without[0] == everything[1]
        assert set(without) == set(everything[1:])

    def test_what_left_the_catalogue_is_not_shown(self, source: Source) -> None:
        gone = found(source)[0].product
        categories = {product: category for product, category in CATALOGUE.categories.items() if product != gone}
        catalogue = Catalogue(categories, [product for product in CATALOGUE.newest if product != gone])
        assert gone not in products(found(source, Assortment(catalogue, SMALL_SHOP.best_sellers)))

    def test_an_empty_shop_has_nothing(self, source: Source) -> None:
        assert found(source, Assortment()) == []


def test_places_are_shared_by_quotients() -> None:
    assert [(each.product, each.score) for each in found(CategoryBestSellers())[:5]] == [
        ("a1", 3.0),
        ("a2", 1.0),
        ("b1", 1.0),
        ("a3", 3 / 5),
        ("a4", 3 / 7),
    ]


def test_what_moved_to_another_category_is_no_best_seller_of_the_old_one() -> None:
    catalogue = Catalogue({"stayed": "A", "moved": "B", "a4": "A"})
    lists = BestSellerLists("2026-10", ["gone", "moved", "stayed"], {"A": ["moved", "gone", "stayed"], "C": ["gone"]})
    assert products(found(CategoryBestSellers(), Assortment(catalogue, lists))) == ["stayed"]
    assert products(found(BestSellersOverall(), Assortment(catalogue, lists))) == ["moved", "stayed"]


def test_only_what_the_shopper_viewed_makes_a_candidate_personal() -> None:
    assert {each.is_personal for each in found(CategoryBestSellers())} == {True}
    assert {each.is_personal for source in (BestSellersOverall(), Newest()) for each in found(source)} == {False}
