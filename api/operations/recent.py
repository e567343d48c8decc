"""What counts have grown by lately: a count alone says nothing of now."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

SECONDS = 300.0
# So many readers may look at once without the window getting shorter.
_BETWEEN_SECONDS = 2.0


class Recent:
    """Keeps the counts of the last five minutes, as often as somebody looks. Safe to use from several threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: deque[tuple[float, Mapping[str, float]]] = deque()

    def grown(self, counts: Mapping[str, float]) -> tuple[dict[str, float], float | None]:
        """By how much each has grown, and within how many seconds; at the first look all that it is, and None."""
        now = self._clock()
        with self._lock:
            while self._kept and now - self._kept[0][0] > SECONDS:
                self._kept.popleft()
            oldest = self._kept[0] if self._kept else None
            if not self._kept or now - self._kept[-1][0] >= _BETWEEN_SECONDS:
                self._kept.append((now, dict(counts)))
        # A count that is lower than before has begun anew.
        if oldest is None or any(counts.get(name, 0) < count for name, count in oldest[1].items()):
            return dict(counts), None
        return {name: count - oldest[1].get(name, 0) for name, count in counts.items()}, now - oldest[0]
