from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vitrine.recommending.small_shop import CATALOGUE, DAY, NOW, SMALL_SHOP, views
from vitrine.recommending import (
    LIMIT_MAXIMUM,
    SOURCES,
    VIEWED_LATELY,
    VIEWS_THAT_COUNT,
    Assortment,
    BestSellerLists,
    Candidate,
    Catalogue,
    History,
    Product,
    recommend,
)
from vitrine.recommending.sources import Newest, Wanted

_, CATEGORY, OVERALL, NEWEST, _ = (source.name for source in SOURCES)


def of(seen: list[tuple[str, float]], *, assortment: Assortment = SMALL_SHOP, limit: int = 10) -> list[Candidate]:
    return recommend(History(seen, NOW), assortment, limit=limit)


def products(recommendations: list[Candidate]) -> list[str]:
    return [each.product for each in recommendations]


def is_personalized(recommendations: list[Candidate]) -> bool:
    return any(each.is_personal for each in recommendations)


def test_without_history_the_top_sellers_then_the_newest() -> None:
    found = of([])
    assert products(found) == ["b1", "a1", "a2", "c1", "b2", "z1", "x2", "x1", "c2", "b3"]
    assert not is_personalized(found)
    assert {each.reason for each in found} == {"top seller of 2026-10", "new in the catalogue"}


def test_categories_share_by_interest_and_what_was_viewed_comes_last() -> None:
    """A weighs 3, B 1. Quotients: A 3, A 1 (a tie, A comes first), B 1, A 3/5, B 1/3, where A has run out."""
    found = of(views("a4 a4 a4 b3"), limit=12)
    assert products(found) == ["a1", "a2", "b1", "a3", "b2", "c1", "z1", "x2", "x1", "c2", "a4", "b3"]
    assert is_personalized(found)
    assert [each.source for each in found] == [
        *[CATEGORY] * 5,
        OVERALL,
        *[NEWEST] * 4,
        *[VIEWED_LATELY] * 2,
    ]


def test_each_reason_is_in_plain_words() -> None:
    found = {each.product: each.reason for each in of(views("a4 a4 a4 a3 b3 c2 c2"), limit=12)}
    assert found["a1"] == "best seller in A, which you viewed 4 times"
    assert found["c1"] == "best seller in C, which you viewed twice"
    assert found["b1"] == "best seller in B, which you viewed once"
    assert found["z1"] == "new in the catalogue"
    assert found["a4"] == "best seller in A, which you viewed 4 times; comes last, as you viewed it lately"


def test_a_category_that_has_run_out_passes_its_places_on() -> None:
    found = of(views("c1 c1 c1 c1 a4"), limit=5)
    assert products(found) == ["c2", "a1", "a2", "a3", "b1"]


def test_recent_views_come_first() -> None:
    long_ago = 30 * DAY
    assert products(of([*views("c2"), *views("a4 a4 a4", age=long_ago)], limit=1)) == ["c1"]
    assert products(of([*views("c2", age=long_ago), *views("a4 a4 a4", age=long_ago)], limit=1)) == ["a1"]


def test_views_of_unknown_products_only_are_no_history() -> None:
    found = of(views("unknown gone"))
    assert products(found) == products(of([]))
    assert not is_personalized(found)


def test_a_category_that_sold_nothing_leaves_the_top_sellers() -> None:
    found = of(views("x1"))
    assert products(found) == ["b1", "a1", "a2", "c1", "b2", "z1", "x2", "c2", "b3", "a4"]
    assert not is_personalized(found)


def test_whoever_viewed_everything_sees_it_again_in_the_order_of_sources() -> None:
    """A and B weigh 4, C 2. X weighs 2 as well, but comes after C."""
    found = of(views("a1 a2 a3 a4 b1 b2 b3 b3 c1 c2 x1 x2 z1"), limit=50)
    assert products(found) == ["a1", "b1", "c1", "a2", "b2", "a3", "b3", "c2", "a4", "z1", "x2", "x1"]
    assert {each.source for each in found} == {VIEWED_LATELY}
    assert is_personalized(found)


def test_an_empty_shop_has_nothing_to_show() -> None:
    assert of(views("a1"), assortment=Assortment()) == []


def test_before_the_first_order_the_newest_are_shown() -> None:
    found = of([], assortment=Assortment(CATALOGUE))
    assert products(found) == ["z1", "x2", "x1", "c2", "c1", "b3", "b2", "b1", "a4", "a3"]


@st.composite
def shops(draw: st.DrawFn) -> Assortment:
    """Lists hold products that left the catalogue, or its category, too."""
    names = [f"p{number}" for number in range(draw(st.integers(0, 260)))]
    categories = {name: draw(st.sampled_from([None, "A", "B", "C", "D"])) for name in names}
    some = st.lists(st.sampled_from([*names, "gone"]), unique=True)
    lists = BestSellerLists("2026-10", draw(some), {category: draw(some) for category in "ABC"})
    return Assortment(Catalogue.of(Product(name, category) for name, category in categories.items()), lists)


@given(shops(), st.data(), st.integers(1, LIMIT_MAXIMUM))
def test_whatever_the_shop_and_the_history(assortment: Assortment, data: st.DataObject, limit: int) -> None:
    in_catalogue = list(assortment.catalogue.categories)
    ages = st.floats(-300, 90 * DAY)
    seen = data.draw(st.lists(st.tuples(st.sampled_from([*in_catalogue, "unknown"]), ages), max_size=VIEWS_THAT_COUNT))
    viewed = {product for product, _ in seen}
    found = of([(product, NOW - age) for product, age in seen], assortment=assortment, limit=limit)
    shown = products(found)
    assert len(set(shown)) == len(shown) == min(limit, len(in_catalogue)), "no repeat, and none too few"
    assert set(shown) <= set(in_catalogue)
    is_viewed = [product in viewed for product in shown]
    assert is_viewed == sorted(is_viewed), "what was viewed lately comes last"
    assert sum(is_viewed) == max(0, len(shown) - len(set(in_catalogue) - viewed)), "and only to fill up"
    assert [each.source == VIEWED_LATELY for each in found] == is_viewed
    order = [[CATEGORY, OVERALL, NEWEST, VIEWED_LATELY].index(each.source) for each in found]
    assert order == sorted(order), "source after source"


def test_shares_are_those_of_webster() -> None:
    """Weights 5, 3 and 1 for nine places: as many places each, spread over the list."""
    names = {category: [f"{category}{number}" for number in range(20)] for category in "ABC"}
    catalogue = Catalogue.of(Product(name, category) for category, listed in names.items() for name in listed)
    assortment = Assortment(catalogue, BestSellerLists("2026-10", (), names))
    seen = views("A19 A19 A19 A19 A19 B19 B19 B19 C19")
    shown = products(of(seen, assortment=assortment, limit=9))
    assert shown == ["A0", "B0", "A1", "A2", "B1", "C0", "A3", "B2", "A4"]


def test_the_blender_knows_no_source_by_name() -> None:
    """Any source will do, in the order given."""

    class Own:
        name = "own"

        def candidates(self, _: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
            for product in sorted(filter(wanted, assortment.catalogue.categories)):
                yield Candidate(product, self.name, 1.0, "because", is_personal=True)

    found = recommend(History(views("a1"), NOW), SMALL_SHOP, limit=3, sources=[Own(), Newest()])
    assert [(each.product, each.source) for each in found] == [("a2", "own"), ("a3", "own"), ("a4", "own")]
    found = recommend(History(views("a1"), NOW), SMALL_SHOP, limit=12, sources=[Newest(), Own()])
    assert (found[-1].product, found[-1].source) == ("a1", VIEWED_LATELY)
