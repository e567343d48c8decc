"""What rules do with an answer: each alone, in conflict, and whatever rules and shop there are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vitrine.recommending.small_shop import BEST_SELLERS, DAY, NOW, SMALL_SHOP, views
from vitrine.learning import Period
from vitrine.products import and_above
from vitrine.recommending import (
    LIMIT_MAXIMUM,
    RULE,
    VIEWED_LATELY,
    Assortment,
    BestSellerLists,
    Candidate,
    Catalogue,
    Filters,
    History,
    Product,
    Rule,
    RuleKind,
    applying,
    recommend,
    said_of,
    similar,
    trending,
)

PIN, BOOST, BURY, HIDE, REQUIRE = RuleKind
# Without rules and history.
PLAIN = ["b1", "a1", "a2", "c1", "b2", "z1", "x2", "x1", "c2", "b3", "a4", "a3"]
TREE = {"p0": "A", "p1": "A > B", "p2": "A > B > C", "p3": "AB", "p4": None}


def rule(
    kind: RuleKind, products: str = "", category: str | None = None, *, number: int | None = 1, **more: object
) -> Rule:
    made = Rule(number, f"the {number}", kind, tuple(products.split()), category)
    return replace(made, **more)  # type: ignore[arg-type] # as the tests give them


def of(
    *rules: Rule, seen: str = "", limit: int = 12, filters: Filters | None = None, assortment: Assortment = SMALL_SHOP
) -> list[Candidate]:
    history = History(views(seen), NOW)
    return recommend(history, assortment, limit=limit, filters=filters or Filters(), rules=rules)


def products(found: list[Candidate]) -> list[str]:
    return [each.product for each in found]


def test_the_answer_without_rules() -> None:
    assert products(of()) == PLAIN


class TestPin:
    @pytest.mark.parametrize("position", [1, 2, 7, 12])
    def test_stands_at_its_place(self, position: int) -> None:
        found = of(rule(PIN, "a3", position=position))
        assert found[position - 1] == Candidate("a3", RULE, 1 / position, "pinned by rule 1 (the 1)", is_personal=False)
        assert [each for each in products(found) if each != "a3"] == PLAIN[:-1]

    def test_several_products_follow_each_other(self) -> None:
        assert products(of(rule(PIN, "x1 a3", position=2), limit=4)) == ["b1", "x1", "a3", "a1"]

    def test_beyond_the_answer_is_not_shown(self) -> None:
        assert products(of(rule(PIN, "a4 a3", position=3), limit=3)) == ["b1", "a1", "a4"]

    def test_comes_up_where_there_is_less_before_it(self) -> None:
        assert products(of(rule(PIN, "c2", position=9), filters=Filters(category="C"))) == ["c1", "c2"]

    def test_is_shown_although_it_was_viewed(self) -> None:
        found = of(rule(PIN, "a1"), seen="a1 b1", limit=3)
        assert (found[0].product, found[0].source) == ("a1", RULE)

    def test_needs_no_source(self) -> None:
        """Beside a product, sources give its category alone."""
        found = similar("c1", SMALL_SHOP, limit=5, rules=[rule(PIN, "z1")])
        assert products(found or []) == ["z1", "c2"]

    @pytest.mark.parametrize(
        "filters",
        [Filters(exclude=frozenset(["a3"])), Filters(category="B"), Filters(price_from=1)],
    )
    def test_is_left_out_by_what_is_asked_for(self, filters: Filters) -> None:
        assert "a3" not in products(of(rule(PIN, "a3"), filters=filters))

    def test_is_left_out_where_it_is_sold_out_or_unknown(self) -> None:
        catalogue = Catalogue.of([Product("gone", "A", in_stock=False), Product("there", "A")])
        found = of(rule(PIN, "gone never there"), assortment=Assortment(catalogue))
        assert products(found) == ["there"]
        sold_out = of(rule(PIN, "gone"), assortment=Assortment(catalogue), filters=Filters(in_stock=False))
        assert products(sold_out) == ["gone", "there"]

    def test_counts_in_its_category(self) -> None:
        found = products(of(rule(PIN, "a4 a3"), filters=Filters(max_per_category=1)))
        assert found == ["a4", "b1", "c1", "z1", "x2"]

    def test_the_priority_decides_who_chooses_first_then_the_age(self) -> None:
        first, second = rule(PIN, "a3", number=1), rule(PIN, "x1", number=2)
        assert products(of(second, first, limit=2)) == ["a3", "x1"]
        assert products(of(first, replace(second, priority=1), limit=2)) == ["x1", "a3"]
        draft = rule(PIN, "z1", number=None)
        assert products(of(draft, first, limit=2)) == ["a3", "z1"]

    def test_of_two_about_one_product_the_first_counts(self) -> None:
        found = of(rule(PIN, "a3", number=1, position=2), rule(PIN, "a3 x1", number=2, priority=1), limit=3)
        assert products(found) == ["a3", "x1", "b1"]
        assert found[0].reason == "pinned by rule 2 (the 2)"


class TestBoostAndBury:
    def test_divide_and_multiply_the_place(self) -> None:
        """z1 stands at 6: a half of it is 3, where a2 was first. b1 stands at 1."""
        assert products(of(rule(BOOST, "z1", strength=2.0), limit=4)) == ["b1", "a1", "a2", "z1"]
        assert products(of(rule(BOOST, "z1", strength=2.1), limit=4)) == ["b1", "a1", "z1", "a2"]
        assert products(of(rule(BURY, "b1", strength=3.5), limit=4)) == ["a1", "a2", "b1", "c1"]

    def test_all_count_together(self) -> None:
        boost, bury = rule(BOOST, "z1", strength=3.0), rule(BURY, "z1", number=2, strength=3.0)
        found = of(boost, bury)
        assert products(found) == PLAIN
        assert found[5].reason == "new in the catalogue; boosted by rule 1 (the 1); buried by rule 2 (the 2)"
        assert found[5].source == "newest"
        assert products(of(boost, boost, limit=1)) == ["z1"]

    def test_bring_what_was_behind_the_last_place(self) -> None:
        assert products(of(rule(BOOST, "b3", strength=100.0), limit=4)) == ["b3", "b1", "a1", "a2"]
        assert "b1" not in products(of(rule(BURY, "b1", strength=100.0), limit=4))

    def test_move_nothing_that_stands_further_behind_than_is_gathered(self) -> None:
        shop = Assortment(Catalogue.of(Product(f"p{number:02}") for number in range(40)))
        ends = {30: "p29", 31: "p00", 36: "p35", 37: "p00"}
        for (place, first), limit in zip(ends.items(), (1, 10, 12, 12), strict=True):
            boosted = rule(BOOST, f"p{place - 1:02}", strength=100.0)
            assert products(of(boosted, assortment=shop, limit=limit))[0] == first

    def test_what_was_viewed_stays_last(self) -> None:
        found = of(rule(BOOST, "a1", strength=100.0), rule(BURY, "z1", strength=100.0), seen="a1 a1")
        assert (found[-1].product, found[-1].source) == ("a1", VIEWED_LATELY)
        assert found[-2].product == "z1"

    def test_move_within_what_may_be_shown_of_a_category(self) -> None:
        found = of(rule(BOOST, "b2", strength=100.0), filters=Filters(max_per_category=1), limit=4)
        assert products(found) == ["b2", "a1", "c1", "z1"]


class TestHideAndRequire:
    def test_hide(self) -> None:
        assert products(of(rule(HIDE, "b1 z1", "A"))) == ["c1", "b2", "x2", "x1", "c2", "b3"]

    def test_require(self) -> None:
        assert products(of(rule(REQUIRE, "b1", "C"))) == ["b1", "c1", "c2"]
        assert products(of(rule(REQUIRE, "b1", "C"), rule(REQUIRE, "b1 c2 a1", number=2))) == ["b1", "c2"]
        assert of(rule(REQUIRE, "never")) == []

    def test_hide_beats_all_then_require_then_pin(self) -> None:
        hide, require = rule(HIDE, "a3"), rule(REQUIRE, "a3", "B")
        assert products(of(rule(PIN, "a3 c1 b3"), hide, require)) == ["b1", "b2", "b3"]
        assert products(of(rule(PIN, "a3 c1 b3", position=1), require)) == ["a3", "b1", "b3", "b2"]

    def test_without_a_catalogue_what_is_named_is_known(self) -> None:
        """Nothing is known to be of a category then."""
        sold = Assortment(best_sellers=BEST_SELLERS)
        assert of(rule(PIN, "a1 b1"), rule(HIDE, "a1"), assortment=sold)[0].product == "b1"
        assert products(of(rule(PIN, "a1 b1"), rule(HIDE, category="A"), assortment=sold)) == ["a1", "b1"]
        assert products(of(rule(PIN, "a1 b1"), rule(REQUIRE, "b1", "A"), assortment=sold)) == ["b1"]


@pytest.mark.parametrize(
    ("category", "hidden"),
    [("A", "p0 p1 p2"), ("A > B", "p1 p2"), ("A > B > C", "p2"), ("AB", "p3"), ("A >", ""), ("", ""), ("a", "")],
)
def test_a_category_covers_its_parts(category: str, hidden: str) -> None:
    shop = Assortment(Catalogue.of(Product(*each) for each in TREE.items()))
    assert set(products(of(rule(HIDE, category=category), assortment=shop))) == TREE.keys() - set(hidden.split())
    found = of(rule(BOOST, category=category, strength=2.0), assortment=shop)
    assert {each.product for each in found if "boosted" in each.reason} == set(hidden.split())


@pytest.mark.parametrize(
    ("more", "is_so"),
    [
        ({}, True),
        ({"placement": "home"}, True),
        ({"placement": "cart"}, False),
        ({"page_category": "A"}, True),
        ({"page_category": "A > B"}, True),
        ({"page_category": "A > B > C"}, False),
        ({"starts_at": NOW}, True),
        ({"starts_at": NOW + 1}, False),
        ({"ends_at": NOW}, False),
        ({"ends_at": NOW + 1}, True),
        ({"placement": "home", "page_category": "C"}, False),
    ],
)
def test_where_and_when_it_applies(more: dict[str, object], is_so: bool) -> None:
    made = replace(rule(HIDE, "a1"), **more)  # type: ignore[arg-type] # as the line above gives them
    assert applying([made], placement="home", page_category="A > B", now=NOW) == [made] * is_so


def test_nowhere_in_particular_is_no_placement_and_no_category() -> None:
    rules = [rule(HIDE, "a1", placement="home"), rule(HIDE, "a1", page_category="A"), rule(HIDE, "a1", number=3)]
    assert applying(rules, placement=None, page_category=None, now=NOW) == rules[2:]


def test_lists_that_are_the_same_for_everybody_have_rules_too() -> None:
    rules = [rule(PIN, "a3", position=2), rule(HIDE, category="B")]
    assert products(trending(Period.DAY, SMALL_SHOP, limit=3, rules=rules)) == ["a1", "a3", "a2"]
    assert products(similar("b1", SMALL_SHOP, limit=3, rules=rules) or []) == ["a3"]
    assert similar("never", SMALL_SHOP, limit=3, rules=rules) is None


def test_what_rules_did_is_said() -> None:
    rules = [rule(HIDE, "a1"), rule(REQUIRE, category="A", number=2), rule(BURY, "a1 a2", number=3, strength=2.0)]
    assert said_of("a1", "A", rules) == "hidden by rule 1 (the 1)"
    assert said_of("b1", "B", rules) == "left out by rule 2 (the 2)"
    assert said_of("a2", "A", rules) == "buried by rule 3 (the 3)"
    assert said_of("a3", "A", rules) == ""
    assert said_of("a1", "A", [rule(HIDE, "a1", number=None)]) == "hidden by the draft (the None)"


NAMES = [f"p{number}" for number in range(30)]
CATEGORIES = ["A", "A > B", "C", None]
some_products = st.lists(st.sampled_from([*NAMES, "gone"]), max_size=6, unique=True)


@st.composite
def shops(draw: st.DrawFn) -> Assortment:
    listed = draw(st.lists(st.sampled_from(NAMES), unique=True))
    catalogue = Catalogue.of(
        Product(name, draw(st.sampled_from(CATEGORIES)), in_stock=draw(st.booleans())) for name in listed
    )
    return Assortment(catalogue, BestSellerLists("2026-10", draw(some_products), {"A": draw(some_products)}))


@st.composite
def some_rules(draw: st.DrawFn) -> list[Rule]:
    return [
        Rule(
            number,
            "a rule",
            draw(st.sampled_from([*RuleKind, BOOST, PIN])),
            tuple(draw(some_products)),
            draw(st.sampled_from([None, None, "A", "A > B", "C"])),
            priority=draw(st.integers(0, 2)),
            position=draw(st.integers(1, 12)),
            strength=draw(st.floats(1, 100)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@given(shops(), some_rules(), st.integers(1, LIMIT_MAXIMUM), st.sampled_from([None, 1, 3]), st.data())
def test_whatever_the_rules(
    assortment: Assortment, rules: list[Rule], limit: int, most: int | None, data: st.DataObject
) -> None:
    seen = [(product, NOW - DAY) for product in data.draw(some_products)]
    filters = Filters(exclude=frozenset(data.draw(some_products)), max_per_category=most)
    history, categories = History(seen, NOW), assortment.catalogue.categories
    plain = recommend(history, assortment, limit=limit, filters=filters)
    found = recommend(history, assortment, limit=limit, filters=filters, rules=rules)
    shown = products(found)
    of_kind = {kind: [each for each in rules if each.kind is kind] for kind in RuleKind}
    assert len(set(shown)) == len(shown) <= limit
    if not of_kind[HIDE] and not of_kind[REQUIRE]:
        assert len(shown) >= len(plain), "as many as without rules; pins may be more than the sources have"
    for product in shown:
        own = and_above(categories.get(product))
        assert not any(each.is_about(product, own) for each in of_kind[HIDE])
        assert all(each.is_about(product, own) for each in of_kind[REQUIRE])
        assert product not in filters.exclude
        # Without a catalogue nothing is known of a product.
        assert not categories or assortment.catalogue.in_stock[assortment.catalogue.places[product]]
    for category in set(categories.values()) - {None} if most else ():
        assert [categories[product] for product in shown].count(category) <= (most or 0)
    others = [each for each in found if each.source != RULE]
    is_viewed = [each.source == VIEWED_LATELY for each in others]
    assert is_viewed == sorted(is_viewed), "what was viewed lately comes last"
    if not rules:
        assert found == plain


@given(shops(), st.integers(1, 12), st.integers(1, LIMIT_MAXIMUM), st.data())
def test_a_pin_stands_at_its_place_or_last(
    assortment: Assortment, position: int, limit: int, data: st.DataObject
) -> None:
    product = data.draw(st.sampled_from(NAMES))
    pin = rule(PIN, product, position=position)
    shown = products(of(pin, limit=limit, assortment=assortment))
    place = assortment.catalogue.places.get(product)
    if place is not None and assortment.catalogue.in_stock[place] and position <= limit:
        assert shown.index(product) + 1 == min(position, len(shown))
    elif position <= limit:
        assert product not in shown or place is None
