"""Orders: which of them a run carries over."""

from datetime import UTC, datetime
from typing import NamedTuple

# The bounds of shop_time in api/shop/schema/0001_shop.sql.
BEGINNING_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(2199, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


class Slice(NamedTuple):
    """What one user ordered from `since` to `until`, both included."""

    userid: str
    since: datetime
    until: datetime
