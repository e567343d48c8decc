"""What a list of recommendations is asked for."""

from typing import NamedTuple

from vitrine.recommending import Filters


class ListParameters(NamedTuple):
    """What every list may be asked for: how much of what, where it will stand, and what is to be said of it."""

    limit: int
    filters: Filters
    explain: bool
    details: bool
    placement: str | None
