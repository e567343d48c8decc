"""What a household buys next, of a shop small enough to work it out by hand."""

from pathlib import Path

from tests.unit.vitrine.recommending.small_shop import DAY, NOW, SMALL_SHOP, taught, views
from vitrine.analytics.purchases import Blend, BoughtOften, buys_first, buys_next
from vitrine.recommending import Assortment, History
from vitrine.recommending.filters import Selection
from vitrine.recommending.sources import BestSellersOverall, Wanted

ANYTHING = Wanted(Selection(SMALL_SHOP.catalogue), lambda _: True, reasons=True)
# c2 once; a3 twice lately; b3 three times, half a year ago, which counts 1.5; gone is no longer sold.
BOUGHT = History([*views("a3 c2 a3 gone gone"), *views("b3 b3 b3", age=180 * DAY)], NOW)


def test_what_was_bought_twice_comes_again_and_counts_less_as_it_grows_old() -> None:
    found = list(BoughtOften().candidates(BOUGHT, SMALL_SHOP, ANYTHING))
    assert [(each.product, each.score) for each in found] == [("a3", 2), ("b3", 1.5)]
    assert found[1].reason == "you buy this often: 3 times so far"


def test_a_blend_adds_up_what_the_lists_say() -> None:
    """a1 is second of the best sellers: 1 / 12; bought most often it has half of 1 / 11 on top."""
    blend = Blend({BestSellersOverall(): 1.0, BoughtOften(): 0.5})
    history = History(views("a1 a1"), NOW)
    found = list(blend.candidates(history, SMALL_SHOP, ANYTHING))
    assert [each.product for each in found] == ["a1", "b1", "a2", "c1", "b2"]
    assert found[0].score == 1 / 12 + 0.5 / 11
    assert found[0].source == "best-sellers"


def test_ten_that_may_have_been_bought_and_ten_that_were_not(tmp_path: Path) -> None:
    shop = Assortment(SMALL_SHOP.catalogue, SMALL_SHOP.best_sellers, taught(tmp_path, "a3 x1", "a3 x1"))
    any_of = buys_next(BOUGHT, shop, limit=4)
    assert [(each.product, each.source) for each in any_of][:2] == [("a3", "bought-often"), ("b1", "best-sellers")]
    first = [each.product for each in buys_first(BOUGHT, shop, limit=6)]
    assert first[:5] == ["b1", "a1", "a2", "c1", "b2"]
    assert first[5] == "x1"


def test_a_tiny_shop_fills_the_list_with_what_else_it_has() -> None:
    found = [each.product for each in buys_next(BOUGHT, SMALL_SHOP, limit=12)]
    assert sorted(found) == sorted(SMALL_SHOP.catalogue.newest)
