"""A made-up market, the same for the same seed: inhabitants of real states, their counties, and businesses."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import Any

from test_data_generator.american_states import STATES, AmericanState

_COUNTIES = ("Adams", "Clay", "Franklin", "Grant", "Jackson", "Lake", "Lincoln", "Madison", "Monroe", "Washington")
_CATEGORIES = {
    "bakeries": "Bakeries",
    "bookstores": "Bookstores",
    "coffee": "Coffee & Tea",
    "electronics": "Electronics",
    "florists": "Florists",
    "furniture": "Furniture Stores",
    "grocery": "Grocery",
    "hardware": "Hardware Stores",
    "shoes": "Shoe Stores",
    "toys": "Toy Stores",
}
_FIRST = ("Blue", "Corner", "Golden", "Happy", "Little", "Main Street", "Old Town", "Red", "Silver", "Sunny")
_FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Market:
    """The first `states` states by their names, with so many businesses each on average."""

    seed: int = 1
    states: int = len(STATES)
    businesses_a_state: int = 120

    def chosen(self) -> list[AmericanState]:
        return sorted(STATES, key=lambda state: state.name)[: self.states]

    def counties(self, state: AmericanState) -> list[tuple[str, str, int]]:
        """Code, name and inhabitants of each."""
        random = Random(f"{self.seed}/{state.fips}")
        names = random.sample(_COUNTIES, random.randint(3, len(_COUNTIES)))
        return [
            (f"{2 * number + 1:03}", f"{name} County, {state.name}", int(random.lognormvariate(11, 1.2)) + 200)
            for number, name in enumerate(sorted(names))
        ]

    def population(self, state: AmericanState) -> int:
        return sum(inhabitants for *_, inhabitants in self.counties(state))

    def businesses(self, state: AmericanState, day: date) -> list[dict[str, Any]]:
        """In Yelp's form, as they are on a day: reviews come in, and move the rating."""
        return [_on(day, business) for business in _businesses(self, state)]


@cache
def _businesses(market: Market, state: AmericanState) -> list[dict[str, Any]]:
    random = Random(f"{market.seed}/{state.abbreviation}/businesses")
    count = round(market.businesses_a_state * random.uniform(0.5, 1.5))
    return [_business(random, state, number) for number in range(count)]


def _business(random: Random, state: AmericanState, number: int) -> dict[str, Any]:
    aliases = random.sample(sorted(_CATEGORIES), random.choice((1, 1, 2, 3)))
    name = f"{random.choice(_FIRST)} {_CATEGORIES[aliases[0]]}"
    identity = f"{state.abbreviation.lower()}-{random.getrandbits(64):016x}-{number}"
    return {
        "id": identity,
        "alias": identity,
        "name": name,
        "image_url": "",
        "is_closed": random.random() < 0.03,
        "url": f"https://www.yelp.example/biz/{identity}",
        "review_count": int(random.lognormvariate(4, 1)),
        "categories": [{"alias": alias, "title": _CATEGORIES[alias]} for alias in aliases],
        "rating": round(random.uniform(1, 5), 1),
        "coordinates": {"latitude": round(random.uniform(25, 48), 6), "longitude": round(random.uniform(-124, -68), 6)},
        "transactions": [],
        "price": random.choice(("$", "$$", "$$$", None)),
        "location": {
            "address1": f"{random.randint(1, 999)} Main Street",
            "city": state.capital,
            "zip_code": f"{random.randint(0, 99999):05}",
            "country": "US",
            "state": state.abbreviation,
        },
        "phone": f"+1{random.randint(2_000_000_000, 9_999_999_999)}",
        "display_phone": "",
        "distance": round(random.uniform(10, 40_000), 3),
    }


def _on(day: date, business: dict[str, Any]) -> dict[str, Any]:
    age = max(0, (day - _FIRST_DAY).days)
    random = Random(f"{business['id']}/{age}")
    rating = min(5.0, max(1.0, round(business["rating"] + random.uniform(-0.2, 0.2), 1)))
    return {**business, "review_count": business["review_count"] + age, "rating": rating}
