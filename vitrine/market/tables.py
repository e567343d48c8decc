"""The tables of the schema market_raw: columns, types and keys, as dlt makes them."""

from dataclasses import dataclass
from typing import Any

RAW_SCHEMA = "market_raw"


@dataclass(frozen=True)
class RawTable:
    """A row replaces the one of its key. Types are dlt's; a column of the key may not be NULL."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]

    def hints(self) -> Any:  # noqa: ANN401 - dlt has a type of its own for each use
        """What tells dlt of it. A column that is not declared would be a mistake of ours."""
        return {
            "name": self.name,
            "primary_key": list(self.key),
            "write_disposition": "merge",
            "columns": {
                name: {"name": name, "data_type": kind, "nullable": name not in self.key}
                for name, kind in self.columns.items()
            },
            "schema_contract": {"tables": "evolve", "columns": "freeze", "data_type": "freeze"},
        }


CENSUS_STATES = RawTable(
    "census_states",
    ("state_fips", "year"),
    {"state_fips": "text", "year": "bigint", "name": "text", "population": "bigint"},
)
CENSUS_COUNTIES = RawTable(
    "census_counties",
    ("state_fips", "county_fips", "year"),
    {"state_fips": "text", "county_fips": "text", "year": "bigint", "name": "text", "population": "bigint"},
)
STATES_PAGE = RawTable(
    "states_page",
    ("abbreviation",),
    {
        "abbreviation": "text",
        "state": "text",
        "fips": "text",
        "region": "text",
        "division": "text",
        "capital": "text",
    },
)
LISTINGS = RawTable(
    "listings",
    ("id", "day"),
    {
        "id": "text",
        "day": "date",
        "name": "text",
        "rating": "double",
        "review_count": "bigint",
        "is_closed": "bool",
        "price": "text",
        "phone": "text",
        "city": "text",
        "zip_code": "text",
        "state": "text",
        "latitude": "double",
        "longitude": "double",
        "categories": "json",
    },
)
RAW_TABLES = (CENSUS_STATES, CENSUS_COUNTIES, STATES_PAGE, LISTINGS)
