"""Which views count, as one process counts them: without a server, as while Valkey is away."""

import random

import pytest

from api.access import held
from api.access.view_caps import HOUR, Cap, Counting, ProcessCaps

CAPS = [Cap("person", 2), Cap("address-product", 3), Cap("address", 5)]
NOW = 1000.0


def view(person: str, product: str, number: int, *, address: str = "a") -> Counting:
    names = (f"person {person} {product}", f"address {address} {product}", f"address {address}")
    return Counting(str(number).encode(), names)


def judged(caps: ProcessCaps, *views: Counting, now: float = NOW) -> list[int]:
    return caps.judge(views, CAPS, now=now)


def test_each_cap_is_kept_and_the_first_that_is_full_is_named() -> None:
    caps = ProcessCaps()
    assert judged(caps, *(view("u", "x", number) for number in range(3))) == [0, 0, 1]
    assert judged(caps, *(view(f"u-{number}", "x", number) for number in range(2))) == [0, 2]
    assert judged(caps, *(view("u", f"y-{number}", number) for number in range(3))) == [0, 0, 3]
    assert judged(caps, view("u", "x", 9, address="b")) == [1]
    assert judged(caps, view("v", "x", 9, address="b")) == [0]


def test_a_server_s_views_are_counted_by_person_alone() -> None:
    caps = ProcessCaps()
    of_server = [Counting(b"%d" % number, (f"person {number}",)) for number in range(20)]
    assert caps.judge(of_server, CAPS[:1], now=NOW) == [0] * 20


def test_what_comes_again_is_judged_as_before_and_takes_nothing() -> None:
    caps = ProcessCaps()
    first = [view("u", "x", number) for number in range(3)]
    for _ in range(5):
        assert judged(caps, *first) == [0, 0, 1]
    assert judged(caps, view("v", "x", 7)) == [0]


def test_what_does_not_count_leaves_nothing_behind() -> None:
    caps = ProcessCaps()
    judged(caps, *(view(f"u-{number}", "x", number) for number in range(1000)))
    assert len(caps._held) == len({"three people", "the product", "the address"}) + 2


def test_after_an_hour_it_begins_anew() -> None:
    caps = ProcessCaps()
    judged(caps, view("u", "x", 1), view("u", "x", 2))
    assert judged(caps, view("u", "x", 3), now=NOW + HOUR - 1) == [1]
    assert judged(caps, view("u", "x", 4), now=NOW + HOUR) == [0]


def test_however_many_there_are_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAXIMUM", 100)
    caps, chance = ProcessCaps(), random.Random(1)
    for number in range(500):
        judged(caps, view(f"u-{number}", "x", number, address=str(chance.random())))
        assert len(caps._held) <= 100 + 3
    # The newest are those that stay.
    assert judged(caps, view("u-499", "x", 900), view("u-499", "x", 901)) == [0, 1]
