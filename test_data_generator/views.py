"""Product views of a made-up shop: who looked at what, and when.

Sessions have the shape of RetailRocket's clickstream (2015): their lengths, the pauses within them, the views
repeated, and how often the next product is of the same category.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate, islice
from random import Random
from typing import Any, NamedTuple

from test_data_generator.daily_activity import MILLISECOND, milliseconds, moments
from test_data_generator.shop import Shop, category_popularity, shelves
from test_data_generator.weighted import Weighted, power_law

SOURCES = ("mobile-web", "desktop", "android", "ios")
SOURCE_WEIGHTS = (0.35, 0.3, 0.2, 0.15)

# The first session is user-1's and long, so that whoever sends the file soon has a user to show.
OPENING_LENGTH = 32
LONGEST_SESSION = 100
REPEAT_SHARE = 0.26  # of the views in a session are of a product seen earlier in it; chance adds to it
STAY_SHARE = 0.78  # of the others stay in the category by intent; chance adds to it
OWN_TASTE_SHARE = 0.6  # of the changes of category go back to the user's taste, the rest anywhere
COMPLEMENT_SHARE = 0.6  # of the steps within a category lead to a product that goes with the last one
COMPLEMENTS = 4  # of each product, all of its own category
OWN_SOURCE_SHARE = 0.85  # of a user's sessions are on the device that they use most
LONGEST_PAUSE = 1_700_000  # milliseconds; half an hour of silence ends a session
SESSION_SILENCE = 1_800_000
LATEST_START = 300_000  # of the last session, before the end of the period


class View(NamedTuple):
    """One product view; `time` is in milliseconds since 1970."""

    time: int
    messageid: str
    userid: str
    productid: str
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """The time that the views fill: `weeks` weeks up to `until` (aware of its time zone), in milliseconds."""

    until: datetime
    weeks: int

    @property
    def end(self) -> int:
        return milliseconds(self.until)

    @property
    def start(self) -> int:
        return self.end - timedelta(weeks=self.weeks) // MILLISECOND


def product_views(shop: Shop, *, views: int, period: Period, seed: int) -> Iterator[View]:
    """Exactly `views` views in time order, all within the period, the last in its last five minutes.

    The same arguments give the same views, message ids included. Memory is bounded by the shop and by the
    sessions that overlap, not by `views`. A user has one session at a time where there are users enough.
    """
    return _in_time_order(_sessions(shop, views, period, seed))


def as_event(view: View) -> dict[str, Any]:
    """The view as the event that the shop's pages send."""
    time = datetime.fromtimestamp(view.time / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "event": "ProductView",
        "messageid": view.messageid,
        "userid": view.userid,
        "properties": {"productid": view.productid},
        "context": {"source": view.source},
        "timestamp": time.removesuffix("+00:00") + "Z",
    }


def _in_time_order(sessions: Iterable[list[View]]) -> Iterator[View]:
    """Merges sessions that come in the order of their first views; holds only those that overlap."""
    ahead: list[View] = []
    for session in sessions:
        while ahead and ahead[0].time <= session[0].time:
            yield heappop(ahead)
        for view in session:
            heappush(ahead, view)
    while ahead:
        yield heappop(ahead)


def _sessions(shop: Shop, views: int, period: Period, seed: int) -> Iterator[list[View]]:
    """The lengths are drawn twice, once to count the sessions, rather than held."""
    count = sum(1 for _ in _session_lengths(views, seed))
    starts = _session_starts(count, period, Random(f"{seed}/starts"))
    pauses = Random(f"{seed}/pauses")
    shoppers = _Shoppers(shop, Random(f"{seed}/sessions"))
    for start, length in zip(starts, _session_lengths(views, seed), strict=True):
        yield shoppers.session(_view_times(start, length, period.end, pauses))


def _session_lengths(views: int, seed: int) -> Iterator[int]:
    """Views per session, `views` in total.

    P(length > n) = ((n + 1.24) / 2.24) ** -2: from three views on, what RetailRocket's sessions show.
    """
    random = Random(f"{seed}/lengths")
    length = OPENING_LENGTH
    while views > 0:
        yield min(length, views)
        views -= length
        length = min(2 + int(2.24 * (random.paretovariate(2) - 1)), LONGEST_SESSION)


def _session_starts(count: int, period: Period, random: Random) -> Iterator[int]:
    """`count` moments of the period, in order; the last is moved close to the end of the period."""
    starts = moments(count, start=period.start, end=period.end, random=random)
    yield from islice(starts, count - 1)
    yield max(next(starts), period.end - LATEST_START)


def _view_times(start: int, length: int, end: int, random: Random) -> list[int]:
    """The times of a session's views, with RetailRocket's pauses: a median of 82 s, one in ten above 570 s.

    A session too long to be over by `end` is squeezed, by chance, to be over some time before.
    """
    pauses = (min(random.lognormvariate(math.log(82_000), 1.5), LONGEST_PAUSE) for _ in range(length - 1))
    offsets = [0.0, *accumulate(pauses)]
    room = end - start
    squeeze = 1.0 if offsets[-1] <= room else random.random() * room / offsets[-1]
    return [start + int(offset * squeeze) for offset in offsets]


class _Shoppers:
    """Draws who comes, on which device, and what they look at."""

    def __init__(self, shop: Shop, random: Random) -> None:
        popularity = category_popularity(shop.products)
        self._random = random
        self._first_userid = shop.users[0].userid
        self._userids = Weighted([user.userid for user in shop.users], [user.activity for user in shop.users])
        self._categories = Weighted(list(popularity), popularity.values())
        self._shelves = shelves(shop.products)
        self._category = {product.productid: product.categoryid for product in shop.products}
        self._by_category: dict[str, list[str]] = {}
        for product in shop.products:
            self._by_category.setdefault(product.categoryid, []).append(product.productid)
        self._complements: dict[str, list[str]] = {}
        self._tastes = {user.userid: Weighted(user.taste, power_law(len(user.taste), 1)) for user in shop.users}
        self._sources = Weighted(SOURCES, SOURCE_WEIGHTS)
        self._own_source = {user.userid: self._sources.draw(random) for user in shop.users}
        self._busy_until: dict[str, int] = {}

    def session(self, times: list[int]) -> list[View]:
        """One session with views at these times; the first session is the shop's first user's."""
        userid = self._free_userid(times[0])
        self._busy_until[userid] = times[-1] + SESSION_SILENCE
        source = self._source(userid)
        products = self._browse(self._tastes[userid], len(times))
        return [
            View(time, self._uuid4(), userid, productid, source)
            for time, productid in zip(times, products, strict=True)
        ]

    def _free_userid(self, time: int) -> str:
        if not self._busy_until:
            return self._first_userid
        for _ in range(20):
            userid = self._userids.draw(self._random)
            if self._busy_until.get(userid, time) <= time:
                break
        return userid

    def _source(self, userid: str) -> str:
        if self._random.random() < OWN_SOURCE_SHARE:
            return self._own_source[userid]
        return self._sources.draw(self._random)

    def _browse(self, taste: Weighted[str], length: int) -> list[str]:
        random = self._random
        category = taste.draw(random)
        seen = [self._shelves[category].draw(random)]
        while len(seen) < length:
            if random.random() < REPEAT_SHARE:
                seen.append(random.choice(seen))
                continue
            if random.random() > STAY_SHARE:
                categories = taste if random.random() < OWN_TASTE_SHARE else self._categories
                category = categories.draw(random)
                seen.append(self._shelves[category].draw(random))
            else:
                seen.append(self._beside(seen[-1], category))
        return seen

    def _beside(self, product: str, category: str) -> str:
        """Another product of the category: now and then one of those that go with this one."""
        random = self._random
        if self._category[product] == category and random.random() < COMPLEMENT_SHARE:
            return random.choice(self._complements_of(product, category))
        return self._shelves[category].draw(random)

    def _complements_of(self, product: str, category: str) -> list[str]:
        """The same few for whoever looks at it, popular or not: what makes "viewed together" something to learn."""
        if product not in self._complements:
            shelf = self._by_category[category]
            self._complements[product] = Random(f"{product}/complements").choices(shelf, k=COMPLEMENTS)
        return self._complements[product]

    def _uuid4(self) -> str:
        """RFC 9562, version 4: `uuid.UUID` does the same at four times the cost."""
        bits = self._random.getrandbits(128)
        digits = f"{bits & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
