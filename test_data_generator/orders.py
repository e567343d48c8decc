"""Orders of a made-up shop: who bought what, and when."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

from test_data_generator.daily_activity import milliseconds, moments
from test_data_generator.shop import Shop, category_popularity, shelves
from test_data_generator.weighted import Weighted, power_law

# Of the household baskets of "The Complete Journey" (2017), four lines in five hold one piece.
QUANTITIES = Weighted((1, 2, 3, 4, 5), (79, 15, 3, 2, 1))
NEXT_LINE_SHARE = 0.58  # of the orders with n lines have one more: 2.4 lines on average
LONGEST_ORDER = 20
OWN_TASTE_SHARE = 0.8  # of the lines are in a category of the user's taste, the rest anywhere
# How much more than on average a category sells in its best month; in the opposite month it is as much less.
SEASON_STRENGTHS = (0.0, 0.3, 0.9)
STRONGEST_SEASON = 1 + max(SEASON_STRENGTHS)


class Order(NamedTuple):
    """One order: its time in milliseconds since 1970, and how many pieces of each product."""

    orderid: str
    userid: str
    time: int
    lines: dict[str, int]


class MonthPeriod(NamedTuple):
    """A calendar month, or its beginning: from `start` up to `end`, in milliseconds since 1970."""

    month: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Months:
    """`whole` calendar months (UTC), and after them the month of `until` as far as it has come."""

    until: datetime
    whole: int

    @property
    def periods(self) -> list[MonthPeriod]:
        """Oldest first. On the first of a month, at midnight, there are only the whole ones."""
        until = self.until.astimezone(UTC)
        current = until.year * 12 + until.month - 1
        numbers = range(current - self.whole, current + 1)
        starts = [milliseconds(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)) for number in numbers]
        return [
            MonthPeriod(number % 12 + 1, start, end)
            for number, (start, end) in zip(numbers, pairwise([*starts, milliseconds(until)]), strict=True)
            if start < end
        ]

    @property
    def start(self) -> int:
        return self.periods[0].start


def made_up_orders(shop: Shop, *, orders: int, months: Months, seed: int) -> Iterator[Order]:
    """Exactly `orders` orders in time order; the same arguments give the same orders.

    The last whole month is never empty; with enough orders no month is. Memory is bounded by the shop.
    """
    seasons = _Seasons(shop, Random(f"{seed}/seasons"))
    buyers = _Buyers(shop, Random(f"{seed}/orders"))
    times = Random(f"{seed}/order times")
    periods = months.periods
    number = 0
    for period, count in zip(
        periods, _orders_a_month(orders, periods, seasons, last_whole=months.whole - 1), strict=True
    ):
        buyers.season = seasons.of(period.month)
        for time in moments(count, start=period.start, end=period.end, random=times):
            number += 1
            yield buyers.order(f"order-{number}", time)


def _orders_a_month(orders: int, periods: list[MonthPeriod], seasons: "_Seasons", *, last_whole: int) -> list[int]:
    """One order for each month, the last whole one first, then the newest; the rest by length and season."""
    by_need = sorted(range(len(periods)), key=lambda index: (index != last_whole, -index))
    counts = [0] * len(periods)
    for index in by_need[:orders]:
        counts[index] = 1
    demand = [0.0, *accumulate((period.end - period.start) * seasons.demand(period.month) for period in periods)]
    shared = [round((orders - sum(counts)) * share / demand[-1]) for share in demand]
    return [count + end - start for count, (start, end) in zip(counts, pairwise(shared), strict=True)]


class _Seasons:
    """How well each category sells in each month; 1 is its average."""

    def __init__(self, shop: Shop, random: Random) -> None:
        self._popularity = category_popularity(shop.products)
        self._best = {
            categoryid: (random.randint(1, 12), random.choice(SEASON_STRENGTHS)) for categoryid in self._popularity
        }

    def of(self, month: int) -> dict[str, float]:
        return {
            categoryid: 1 + strength * math.cos(2 * math.pi * (month - best) / 12)
            for categoryid, (best, strength) in self._best.items()
        }

    def demand(self, month: int) -> float:
        """Of all categories together."""
        return sum(self._popularity[categoryid] * factor for categoryid, factor in self.of(month).items())


class _Buyers:
    """Draws who orders, and what; `season` is how well each category sells."""

    def __init__(self, shop: Shop, random: Random) -> None:
        popularity = category_popularity(shop.products)
        self.season = dict.fromkeys(popularity, 1.0)
        self._random = random
        self._users = Weighted(shop.users, [user.activity for user in shop.users])
        self._categories = Weighted(list(popularity), popularity.values())
        self._shelves = shelves(shop.products)
        longest = max(len(user.taste) for user in shop.users)
        # The favourite category is drawn most often, as in the views.
        self._ranks = [Weighted(range(length), power_law(length, 1)) for length in range(longest + 1)]

    def order(self, orderid: str, time: int) -> Order:
        random = self._random
        user = self._users.draw(random)
        lines: dict[str, int] = {}
        for _ in range(min(LONGEST_ORDER, 1 + int(math.log(1 - random.random()) / math.log(NEXT_LINE_SHARE)))):
            productid = self._shelves[self._category(user.taste)].draw(random)
            lines[productid] = lines.get(productid, 0) + QUANTITIES.draw(random)
        return Order(orderid, user.userid, time, lines)

    def _category(self, taste: tuple[str, ...]) -> str:
        """Draws again if the category is out of season; none ever is completely."""
        random = self._random
        while True:
            if random.random() < OWN_TASTE_SHARE:
                category = taste[self._ranks[len(taste)].draw(random)]
            else:
                category = self._categories.draw(random)
            if random.random() * STRONGEST_SEASON <= self.season[category]:
                return category
