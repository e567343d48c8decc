"""What a process keeps in memory of whom it has met, while Valkey is away: no more than so many names."""

from collections.abc import Callable
from typing import TypeVar

MAXIMUM = 100_000

Held = TypeVar("Held")


def with_room(held: dict[str, Held], is_over: Callable[[Held], bool]) -> dict[str, Held]:
    """The same with room for more: once there are too many, what is over is forgotten, then what was met first."""
    if len(held) < MAXIMUM:
        return held
    kept = {name: each for name, each in held.items() if not is_over(each)}
    # A dict begins with what was met first.
    return dict(list(kept.items())[-MAXIMUM // 2 :])
