"""The targets of `make fuzz` run, say what is wrong, and go on saying nothing of what was found and mended."""

import random
from collections.abc import Callable

import pytest

from tests.fuzzing import targets
from tests.fuzzing.targets import TARGETS
from vitrine import events


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_bytes_of_any_kind_break_nothing(target: Callable[[bytes], None]) -> None:
    dice = random.Random(7)
    for length in range(300):
        target(dice.randbytes(length * 3))
    target(b"")


def test_an_error_that_nobody_declared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(raw: bytes, **_: object) -> None:
        raw.decode("ascii")

    monkeypatch.setattr(events, "parse", careless)
    with pytest.raises(UnicodeDecodeError):
        TARGETS["event"](b"\x01\xff")


def test_a_refusal_without_a_reason_is_found() -> None:
    with pytest.raises(AssertionError):
        targets._is_one_line("")
