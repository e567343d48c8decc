"""Dead letters counted by reason and origin."""

from collections.abc import Iterable
from typing import NamedTuple

from vitrine.streaming import OpenLetter


class Group(NamedTuple):
    """Letters of one reason and topic; times of the original records, in Unix milliseconds."""

    topic: str
    reason: str
    letters: int
    first: int
    last: int


def summary(letters: Iterable[OpenLetter]) -> list[Group]:
    """The largest groups first."""
    groups: dict[tuple[str, str], Group] = {}
    for letter in letters:
        key = letter.topic, letter.reason
        before = groups.get(key, Group(*key, 0, letter.time, letter.time))
        groups[key] = Group(*key, before.letters + 1, min(before.first, letter.time), max(before.last, letter.time))
    return sorted(groups.values(), key=lambda group: (-group.letters, group.topic, group.reason))
