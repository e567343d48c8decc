"""When things happen: times that follow the activity of a day. Times are in milliseconds since 1970."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

# How busy each hour of the day (UTC) is: quiet before dawn, busiest in the evening.
HOUR_WEIGHTS = (14, 8, 5, 3, 2, 3, 7, 14, 22, 30, 36, 38, 42, 40, 38, 38, 40, 44, 46, 54, 64, 66, 50, 28)
HOUR = 3_600_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """The moment, aware of its time zone, in milliseconds since 1970."""
    return (moment - EPOCH) // MILLISECOND


def moments(count: int, *, start: int, end: int, random: Random) -> Iterator[int]:
    """`count` moments from `start` up to `end`, as if drawn and sorted, without keeping them in memory.

    The smallest of n uniform draws is 1 - u ** (1 / n); the others are uniform above it.
    """
    hours = -(-(end - start) // HOUR)
    parts = [min(1.0, (end - start) / HOUR - hour) for hour in range(hours)]  # the last may be less than an hour
    first_hour = start // HOUR
    busy = [0.0, *accumulate(HOUR_WEIGHTS[(first_hour + hour) % 24] * part for hour, part in enumerate(parts))]
    hour, share = 0, 0.0
    for left in range(count, 0, -1):
        share -= (1 - share) * math.expm1(math.log(1 - random.random()) / left)
        while hour < hours - 1 and busy[hour + 1] < share * busy[-1]:
            hour += 1
        within = parts[hour] * (share * busy[-1] - busy[hour]) / (busy[hour + 1] - busy[hour])
        yield start + int(HOUR * (hour + within))
