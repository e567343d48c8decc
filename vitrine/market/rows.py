"""What a row of each source must be, and what is kept of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
Fips = Annotated[str, Meta(pattern=r"^[0-9]{2}$")]


class StatePopulation(
    Struct, kw_only=True, rename={"name": "NAME", "population": "B01003_001E", "state_fips": "state"}
):
    """Of the Census API. A number below nought is its word for "not counted"."""

    name: Text
    population: Annotated[int, Meta(ge=0)]
    state_fips: Fips


class CountyPopulation(
    StatePopulation,
    kw_only=True,
    rename={"name": "NAME", "population": "B01003_001E", "state_fips": "state", "county_fips": "county"},
):
    county_fips: Annotated[str, Meta(pattern=r"^[0-9]{3}$")]


class State(Struct, kw_only=True):
    """A line of the table in the web page."""

    state: Text
    abbreviation: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    fips: Fips
    region: Text
    division: str | None = None
    capital: str | None = None


class Category(Struct):
    alias: Text
    title: Text


class Place(Struct):
    city: str | None = None
    zip_code: str | None = None
    state: str | None = None


class Coordinates(Struct):
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Business(Struct, kw_only=True):
    """A listing, in Yelp's form."""

    id: Text
    name: Text
    rating: Annotated[float, Meta(ge=0, le=5)]
    review_count: Annotated[int, Meta(ge=0)]
    is_closed: bool = False
    price: str | None = None
    phone: str | None = None
    location: Place
    coordinates: Coordinates = msgspec.field(default_factory=Coordinates)
    categories: list[Category] = []


@dataclass(frozen=True)
class Rejected:
    """A row that was set aside, and why."""

    reason: str
    row: str


@dataclass
class Sorting:
    """Tells the rows that fit `kind` from those that do not, and notices fields that nobody has declared.

    `known` are fields that the source has and that are not kept.
    """

    kind: type[Struct]
    known: Iterable[str] = ()
    kept: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    new_fields: set[str] = field(default_factory=set)

    def fit(self, row: dict[str, Any]) -> bool:
        """Whether a row fits; one that does not is noted."""
        try:
            self.take(row)
        except msgspec.ValidationError as error:
            self.rejected.append(Rejected(str(error), msgspec.json.encode(row, order="deterministic").decode()))
            return False
        self.kept += 1
        self.new_fields |= row.keys() - set(self.kind.__struct_encode_fields__) - set(self.known)
        return True

    def take(self, row: dict[str, Any]) -> Any:  # noqa: ANN401 - of `kind`
        """The row as its type. Numbers may be written as texts. Raises msgspec.ValidationError."""
        return msgspec.convert(row, self.kind, strict=False)


Step = dict[str, Callable[[dict[str, Any]], Any]]


def steps(sorting: Sorting, shape: Callable[[Any, dict[str, Any]], dict[str, Any]]) -> list[Step]:
    """What dlt does with each row: drops what does not fit, and gives the rest the columns of the table.

    `shape` is given the row as its type, and as it came.
    """
    return [{"filter": sorting.fit}, {"map": lambda row: shape(sorting.take(row), row)}]
