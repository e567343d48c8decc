"""States with their regions, out of a table in a web page."""

import re
from collections.abc import Iterator
from typing import Any

import dlt
import msgspec
from dlt.extract import DltSource
from requests import Response
from selectolax.lexbor import LexborHTMLParser, LexborNode

from vitrine.market.asking import UnusableAnswerError, session
from vitrine.market.rows import Sorting, State, steps
from vitrine.market.tables import STATES_PAGE
from vitrine.settings import MarketSettings

# What columns may be headed with; others are left out.
_HEADINGS = {
    "state": "state",
    "name": "state",
    "abbreviation": "abbreviation",
    "postal abbreviation": "abbreviation",
    "usps": "abbreviation",
    "fips": "fips",
    "fips code": "fips",
    "region": "region",
    "division": "division",
    "capital": "capital",
}
_NEEDED = frozenset(State.__struct_fields__) - {"division", "capital"}
_FOOTNOTE = re.compile(r"\[[^\]]*\]")


def states_page(settings: MarketSettings, url: str) -> tuple[DltSource, list[Sorting]]:
    """Of the table in the page at `url`."""
    sorting = Sorting(State)

    @dlt.resource(**STATES_PAGE.hints())
    def states() -> Iterator[list[dict[str, str]]]:
        response = session(settings).get(url, hooks={"response": _check})
        response.raise_for_status()
        yield table_of_states(response.text)

    def shaped(row: State, _raw: dict[str, Any]) -> dict[str, Any]:
        return {**msgspec.structs.asdict(row), "division": row.division or None, "capital": row.capital or None}

    filtering, mapping = steps(sorting, shaped)
    resource = states().add_filter(filtering["filter"]).add_map(mapping["map"])
    return DltSource(dlt.Schema("states_page"), "states_page", [resource]), [sorting]


def _check(response: Response, *_: object, **__: object) -> None:
    """Raises UnusableAnswerError."""
    if response.ok and not table_of_states(response.text):
        raise UnusableAnswerError(response, f"the page has no table with the columns {', '.join(sorted(_NEEDED))}")


def table_of_states(html: str) -> list[dict[str, str]]:
    """The rows of the first table that has all columns, each with the names of State; empty where there is none."""
    for table in LexborHTMLParser(html).css("table"):
        lines = [[_text(cell) for cell in line.css("th, td")] for line in table.css("tr")]
        names = [_HEADINGS.get(heading.lower(), heading) for heading in lines[0]] if lines else []
        if set(names) >= _NEEDED:
            return [
                {name: text for name, text in zip(names, line, strict=False) if name in State.__struct_fields__}
                for line in lines[1:]
            ]
    return []


def _text(cell: LexborNode) -> str:
    return " ".join(_FOOTNOTE.sub("", cell.text(separator=" ")).split())
