"""Times for views that have none: the present, strictly increasing for each user."""

# A user with thousands of views in one millisecond runs ahead of the clock, by no more than this.
MAX_AHEAD_MS = 60_000
_PRUNE_ABOVE_USERS = 100_000


class Stamper:
    """Gives each view of a user a later millisecond than the one before. Memory is bounded: users whose last stamp
    has passed are forgotten."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._prune_above = _PRUNE_ABOVE_USERS

    def stamp(self, userid: str, now_ms: int) -> int:
        """The time of the user's next view in Unix milliseconds, not before `now_ms`."""
        stamp = max(now_ms, self._last.get(userid, 0) + 1)
        self._last[userid] = stamp
        if len(self._last) > self._prune_above:
            self._last = {user: last for user, last in self._last.items() if last >= now_ms}
            self._prune_above = max(_PRUNE_ABOVE_USERS, 2 * len(self._last))
        return stamp
