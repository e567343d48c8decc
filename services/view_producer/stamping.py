"""Times for views that have none: the current time, strictly increasing for each user."""

import time

# The stamps of a user with thousands of views in one millisecond run ahead of the clock, by this much at most.
MAX_AHEAD_MS = 60_000


class Stamper:
    """Gives each view of a user a later millisecond than the one before.

    It remembers only users whose last stamp has not passed yet, which bounds its memory and keeps it in the
    processor's cache.
    """

    def __init__(self) -> None:
        self._now_ms = 0
        # The last stamp of each user, and the newest of those that run ahead of the clock.
        self._last: dict[str, int] = {}
        self._newest = 0

    def stamp(self, userid: str, now_ms: int) -> int:
        """The time of the user's next view in Unix milliseconds, not before `now_ms`, even if the clock steps back.

        Where it would be too far ahead of the clock, it waits: the view would be refused as one from the future.
        """
        if now_ms > self._now_ms:
            self._forget_before(now_ms)
        last = self._last.get(userid)
        if last is None:
            stamp = self._now_ms
        else:
            stamp = last + 1
            self._newest = max(self._newest, stamp)
        self._last[userid] = stamp
        if stamp > now_ms + MAX_AHEAD_MS:
            time.sleep((stamp - now_ms - MAX_AHEAD_MS) / 1000)
        return stamp

    def _forget_before(self, now_ms: int) -> None:
        self._now_ms = now_ms
        if self._newest < now_ms:
            self._last.clear()
        else:
            self._last = {user: last for user, last in self._last.items() if last >= now_ms}
