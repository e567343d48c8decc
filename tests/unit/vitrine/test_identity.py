from datetime import datetime, timedelta

import pytest

from vitrine.identity import Identification, is_visitor, owner

START = datetime(2026, 11, 26, 12)  # noqa: DTZ001 - as the driver gives it


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def said(*identifications: tuple[int, str]) -> list[Identification]:
    return [Identification(at(minute), userid) for minute, userid in identifications]


@pytest.mark.parametrize(
    ("identifications", "owners"),
    [
        ((), [None] * 5),
        (((2, "ann"),), ["ann"] * 5),
        # Each of two who use one computer has what was done before they said who they are.
        (((1, "ann"), (3, "bob")), ["ann", "ann", "bob", "bob", "bob"]),
        (((1, "ann"), (3, "bob"), (4, "ann")), ["ann", "ann", "bob", "bob", "ann"]),
        (((1, "ann"), (2, "ann"), (3, "bob")), ["ann", "ann", "ann", "bob", "bob"]),
    ],
)
def test_it_is_of_who_is_identified_next(identifications: tuple[tuple[int, str], ...], owners: list[str]) -> None:
    assert [owner(said(*identifications), at(minute)) for minute in range(5)] == owners


@pytest.mark.parametrize(
    ("userid", "expected"),
    [("anon-3f9c27d1b05e48a6917cd2f4e8b3a650", True), ("visitor:7", True), ("user-1", False), ("ann-1", False)],
)
def test_a_visitor_is_known_by_the_id(userid: str, expected: bool) -> None:
    assert is_visitor(userid) == expected
