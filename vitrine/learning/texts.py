"""Ids as compiled code takes them: their bytes one after another, and a hash of each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import compiled, entry

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_LINE_FEED = np.uint8(10)


class Texts(NamedTuple):
    """Ids that were put together: number n is text[starts[n] : starts[n + 1] - 1]."""

    text: NDArray[np.uint8]
    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]


def texts_of(ids: Sequence[str], seed: int) -> Texts:
    """Ids with their hashes, which nobody can make collide who does not know the seed. No id holds a line feed."""
    text = np.frombuffer(("\n".join(ids) + "\n").encode(), np.uint8)
    starts, keys = np.zeros(len(ids) + 1, np.int64), np.zeros(len(ids), np.uint64)
    if ids and _hash_lines(text, np.uint64(seed), starts, keys) != len(ids):
        raise ValueError("an id holds a line feed")
    return Texts(text, starts, keys)


@entry
def _hash_lines(text: NDArray[np.uint8], seed: np.uint64, starts: NDArray[np.int64], keys: NDArray[np.uint64]) -> int:
    """Fills starts and keys as far as there is room; returns how many lines there are."""
    line = 0
    state = seed
    for place in range(len(text)):
        if text[place] != _LINE_FEED:
            state = (state ^ np.uint64(text[place])) * _PRIME
            state ^= state >> np.uint64(29)
            continue
        if line < len(keys):
            keys[line] = finished(state)
            starts[line + 1] = place + 1
        line += 1
        state = seed
    return line


@compiled
def finished(state: np.uint64) -> np.uint64:
    """Spreads every bit over all others; never 0, which stands for nothing."""
    state ^= state >> np.uint64(32)
    state *= np.uint64(0xD6E8FEB86659FD93)
    state ^= state >> np.uint64(32)
    return max(state, np.uint64(1))
