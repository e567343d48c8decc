"""Inhabitants by state and county, in the form of the US Census API: rows as lists, their names in the first."""

from typing import Any

import msgspec
from dlt.extract import DltSource
from dlt.sources.rest_api import rest_api_source
from requests import Response

from vitrine.market.asking import UnusableAnswerError, json_of, session
from vitrine.market.rows import CountyPopulation, Sorting, StatePopulation, steps
from vitrine.market.tables import CENSUS_COUNTIES, CENSUS_STATES
from vitrine.settings import MarketSettings

_ALL_OF = {"census_states": {"for": "state:*"}, "census_counties": {"for": "county:*", "in": "state:*"}}


def census(settings: MarketSettings) -> tuple[DltSource, list[Sorting]]:
    """Both tables."""
    sortings = {"census_states": Sorting(StatePopulation), "census_counties": Sorting(CountyPopulation)}
    key = settings.census_key.get_secret_value() if settings.census_key else None
    columns = {"get": "NAME,B01003_001E", **({"key": key} if key else {})}

    def shaped(row: Any, _raw: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - one of the two
        return {**msgspec.structs.asdict(row), "year": settings.census_year}

    source = rest_api_source(
        {
            "client": {"base_url": settings.census_url, "session": session(settings)},
            "resources": [
                table.hints()
                | {
                    "endpoint": {
                        "path": f"{settings.census_year}/acs/acs5",
                        "params": {**columns, **_ALL_OF[table.name]},
                        "paginator": "single_page",
                        "data_selector": "$[*]",
                        "response_actions": [_as_objects],
                    },
                    "processing_steps": steps(sortings[table.name], shaped),
                }
                for table in (CENSUS_STATES, CENSUS_COUNTIES)
            ],
        },
        name="census",
    )
    return source, list(sortings.values())


def _as_objects(response: Response, *_: object, **__: object) -> None:
    """Puts objects in the place of lists, which is what dlt reads. Raises UnusableAnswerError."""
    if not response.ok:
        return
    rows = json_of(response)
    if not (isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows)):
        raise UnusableAnswerError(response, "the answer is not a list of rows")
    names, *rows = rows
    if not all(len(row) == len(names) for row in rows):
        raise UnusableAnswerError(response, "a row is not as long as the first, which names the columns")
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    response._content = msgspec.json.encode(objects)
