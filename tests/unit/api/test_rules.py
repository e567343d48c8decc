"""What a rule may be, what is said of one that may not, and what a preview makes of two answers."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from api import selectors as api_selectors
from api import servers
from api.problems import reasons
from api.rules import resources, selectors
from api.rules.models import Rule as Row
from api.rules.selectors import Change, Wanted
from api.rules.validators import POSITION_MAXIMUM
from tests.unit.vitrine.recommending.small_shop import NOW, SMALL_SHOP
from vitrine.learning import Period
from vitrine.recommending import LIMIT_MAXIMUM, Filters, Rule, RuleKind
from vitrine.settings import PROJECT_FOLDER

PIN = {"name": "Autumn sale", "kind": "pin", "products": ["a3"], "position": 2}
BOOST = {"name": "Autumn sale", "kind": "boost", "category": "A", "strength": 2}


def faults(**body: Any) -> str:  # noqa: ANN401 - anything that JSON has
    with pytest.raises(ValidationError) as caught:
        resources.fill(Row(), body)
    return reasons(caught.value)


def test_the_table_and_the_library_mean_the_same() -> None:
    assert Row.Kind.values == list(RuleKind)
    assert POSITION_MAXIMUM == LIMIT_MAXIMUM


def test_commands_declare_no_metrics_and_load_no_model() -> None:
    """Metrics that are declared before the workers begin would be counted by each of them for itself."""
    script = "import sys, django; django.setup(); sys.exit(bool({'vitrine.metrics.api', 'numba'} & sys.modules.keys()))"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "api.settings.development"}
    assert (
        subprocess.run([sys.executable, "-c", script], env=environment, cwd=PROJECT_FOLDER, check=False).returncode == 0
    )


@pytest.mark.parametrize(
    "body",
    [
        PIN,
        BOOST,
        {"name": "n", "kind": "bury", "products": ["a1"], "category": "A > B", "strength": 1.5},
        {"name": "n", "kind": "hide", "category": "Möbel > Stühle", "placement": "product-page"},
        {"name": "n", "kind": "require", "products": ["a1"], "page_category": "A", "priority": -3},
        {**PIN, "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-01T00:00:00.001+00:00"},
    ],
)
def test_what_a_rule_may_be(body: dict[str, Any]) -> None:
    made = resources.fill(Row(), body)
    kept = {name: getattr(made, name) for name in body if not name.endswith("_at")}
    assert kept == {name: value for name, value in body.items() if not name.endswith("_at")}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "name: This field cannot be blank."),
        ({"name": "a\nb"}, "name: No control characters."),
        ({"name": 7}, "name: Expected `str`, got `int`"),
        ({"kind": "push"}, "kind: Value 'push' is not a valid choice."),
        ({"kind": None}, "kind: Expected `str`, got `null`"),
        ({"products": []}, "products: A pin names the products that it is about."),
        ({"products": ["a b"]}, "products: Item 1 in the array did not validate: 1 to 128 characters"),
        ({"products": ["a", "a"]}, "products: A product is named twice."),
        ({"products": [str(number) for number in range(201)]}, "products: List contains 201 items"),
        ({"products": "a3"}, "products: Expected `array`, got `str`"),
        ({"category": "A"}, "category: A pin has no category: it names its products."),
        ({"category": "a\x00"}, "category: No control characters."),
        ({"placement": "a b"}, "placement: 1 to 128 characters of"),
        ({"placement": "p" * 129}, "placement: "),
        ({"position": None}, "position: A pin needs a position."),
        ({"position": 0}, "position: Ensure this value is greater than or equal to 1."),
        ({"position": 51}, "position: Ensure this value is less than or equal to 50."),
        ({"position": 1.5}, "position: Expected `int | null`, got `float`"),
        ({"strength": 2}, "strength: A pin has no strength."),
        ({"priority": 1001}, "priority: Ensure this value is less than"),
        ({"starts_at": "tomorrow"}, "starts_at: Invalid RFC3339 encoded datetime"),
        ({"starts_at": "2026-11-01T00:00:00"}, "starts_at: Expected `datetime` with a timezone component"),
        ({"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-01T00:00:00Z"}, "ends_at: This is not after"),
        ({"placment": "home"}, "placment: There is no such field; there are name, kind, products,"),
    ],
)
def test_what_it_may_not_be_is_said(changed: dict[str, Any], said: str) -> None:
    assert faults(**{**PIN, **changed}).startswith(said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"strength": None}, "strength: A boost needs a strength."),
        ({"strength": 0.99}, "strength: Ensure this value is greater than or equal to 1."),
        ({"strength": 101}, "strength: Ensure this value is less than or equal to 100."),
        ({"position": 1}, "position: A boost has no position."),
        ({"category": None}, "products: Products or a category are missing."),
        ({"category": ""}, "products: Products or a category are missing."),
    ],
)
def test_what_a_boost_may_not_be_is_said(changed: dict[str, Any], said: str) -> None:
    assert faults(**{**BOOST, **changed}) == said


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = faults(kind="pin", products="a3", position=None, strength=2, priority=[], color="red")
    assert sorted(each.partition(":")[0] for each in said.split("; ")[:6]) == [
        "color",
        *("name", "position", "priority", "products", "strength"),
    ]


def test_what_is_not_named_stays_or_is_as_in_a_new_rule() -> None:
    made = resources.fill(Row(), {**PIN, "priority": 3, "placement": "home"})
    assert resources.fill(made, {"position": 4}).priority == 3
    assert resources.fill(made, {"placement": None}).placement is None
    emptied = resources.fill(resources.emptied(made), BOOST)
    assert (emptied.priority, emptied.position, emptied.products, emptied.category) == (0, None, [], "A")


def test_a_row_is_applied_as_it_is_kept() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    body = {**PIN, "starts_at": start.isoformat(), "priority": 3, "placement": "home"}
    pin = Rule(None, "Autumn sale", RuleKind.PIN, ("a3",), None, "home", None, start.timestamp(), inf, 3, position=2)
    assert resources.fill(Row(), body).held() == pin
    boost = Rule(None, "Autumn sale", RuleKind.BOOST, category="A", strength=2.0)
    assert resources.fill(Row(), BOOST).held() == boost


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Rule]:
    """The rules that are held beside a small shop."""
    rules: list[Rule] = []
    monkeypatch.setattr(api_selectors, "assortment", lambda: SMALL_SHOP)
    monkeypatch.setattr(servers, "rulebook", lambda: SimpleNamespace(rules=lambda: rules))
    return rules


def changes(draft: Rule | None = None, **asked: Any) -> list[Change]:  # noqa: ANN401
    """Of a list of four for nobody: b1 a1 a2 c1 b2 without rules."""
    wanted = Wanted("for-you", None, Period.DAY, None, 4, Filters(), None)._replace(**asked)
    found = selectors.preview(wanted, draft=draft, now=NOW)
    assert found is not None
    assert [each.product for each in found.without] != [each.product for each in found.ruled] or not found.changes
    return list(found.changes)


def test_a_preview_says_what_has_another_place_and_why(held: list[Rule]) -> None:
    assert changes() == []
    held.append(Rule(1, "sale", RuleKind.PIN, ("x1",), position=2))
    behind = "others have come before it"
    pinned = ("x1", None, 2, "pinned by rule 1 (sale)")
    assert changes() == [pinned, ("a1", 2, 3, behind), ("a2", 3, 4, behind), ("c1", 4, None, behind)]
    held.append(Rule(2, "recall", RuleKind.HIDE, ("a1",)))
    assert changes() == [
        pinned,
        ("a1", 2, None, "hidden by rule 2 (recall)"),
    ]


def test_what_gets_a_better_place_by_itself_is_said(held: list[Rule]) -> None:
    held.append(Rule(2, "recall", RuleKind.HIDE, ("a1",)))
    before = "others before it have gone or moved"
    assert changes() == [
        *(("a2", 3, 2, before), ("c1", 4, 3, before), ("b2", None, 4, before)),
        ("a1", 2, None, "hidden by rule 2 (recall)"),
    ]


def test_a_draft_counts_beside_the_rules_whatever_its_time(held: list[Rule]) -> None:
    held.append(Rule(1, "sale", RuleKind.PIN, ("x1",)))
    draft = Rule(None, "next", RuleKind.BURY, ("b1",), strength=4.0, starts_at=NOW + 1)
    assert changes(draft, limit=2) == [
        ("x1", None, 1, "pinned by rule 1 (sale)"),
        ("b1", 1, None, "buried by the draft (next)"),
    ]
    held.append(replace(draft, id=2))
    assert [each[0] for each in changes(limit=2)] == ["x1", "b1", "a1"]


def test_a_draft_takes_the_place_of_the_rule_with_its_id(held: list[Rule]) -> None:
    held.append(Rule(1, "sale", RuleKind.PIN, ("x1",)))
    assert changes(replace(held[0], products=("z1",)), limit=1)[0] == ("z1", None, 1, "pinned by rule 1 (sale)")


def test_a_preview_is_of_the_placement_and_the_page(held: list[Rule]) -> None:
    held.append(Rule(1, "sale", RuleKind.PIN, ("x1",), placement="home", page_category="C"))
    assert changes() == changes(placement="home") == []
    assert changes(placement="cart", filters=Filters(category="C")) == []
    beside = changes(list="similar", productid="c1", placement="home")
    assert beside == [("x1", None, 1, "pinned by rule 1 (sale)"), ("c2", 1, 2, "others have come before it")]
    assert changes(list="trending", placement="home") == []
    assert (
        selectors.preview(Wanted("similar", "never", Period.DAY, None, 4, Filters(), None), draft=None, now=NOW) is None
    )
