"""Landing: what a source answers, into the schema market_raw of Postgres, once.

A row replaces the one of its key, so landing again what was landed changes nothing. Businesses are fetched a few places
at a time; the places that a day has are not asked for again on that day, so a run that hits the limit of the key, or is
killed, goes on where it ended.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from urllib.parse import quote, urlencode

import dlt
from dlt.extract import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed
from pydantic import SecretStr

from vitrine.errors import MarketSourceError
from vitrine.market.asking import sentence
from vitrine.market.census import census
from vitrine.market.listings import listings
from vitrine.market.rows import Sorting
from vitrine.market.states_page import states_page
from vitrine.market.tables import RAW_SCHEMA, RAW_TABLES, STATES_PAGE
from vitrine.settings import MarketSettings
from vitrine.shop_database.connection import transaction

SOURCES = ("states-page", "census", "listings")
PLACES_AT_ONCE = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Landed:
    """How many rows of a source came, and how many of those were set aside."""

    source: str
    rows: int
    rejected: int


def land(settings: MarketSettings, source: str, day: date) -> Landed:
    """Lands one source, as it is on this day. Raises MarketSourceError, UnavailableError; what was landed stays."""
    landed = Landed(source, 0, 0)
    for part in _parts(settings, source, day):
        _run(settings, source, part.source)
        rows, rejected = _count(part.sortings)
        _note(settings, source, day, part)
        landed = Landed(source, landed.rows + rows, landed.rejected + rejected)
        for new in sorted(set().union(*(sorting.new_fields for sorting in part.sortings))):
            logger.warning("%s: the field %s is new, and is not kept", source, new)
    logger.info("%s: %d rows, %d of them set aside", source, landed.rows, landed.rejected)
    return landed


def unset_variable(settings: MarketSettings, source: str) -> str | None:
    """The setting that a source cannot do without and that is not there; None where all is there."""
    needed = {"states-page": "states_page_url", "listings": "listings_key"}.get(source)
    return f"VITRINE_{needed.upper()}" if needed and getattr(settings, needed) is None else None


def make_tables(settings: MarketSettings) -> None:
    """Makes the tables of market_raw that are missing, as dbt reads all of them."""
    with transaction(settings) as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (RAW_SCHEMA,))
        there = {name for (name,) in cursor}
    for table in RAW_TABLES:
        if table.name not in there:
            empty = dlt.resource([dlt.mark.materialize_table_schema()], **table.hints())
            _run(settings, table.name, DltSource(dlt.Schema(table.name), table.name, [empty]))


@dataclass(frozen=True)
class _Part:
    """What is fetched at once: the names of its places, dlt's source, and what sorts its rows."""

    places: Sequence[str]
    source: DltSource
    sortings: list[Sorting]


def _parts(settings: MarketSettings, source: str, day: date) -> Iterable[_Part]:
    match source:
        case "census":
            return [_Part(["states and counties"], *census(settings))]
        case "states-page" if settings.states_page_url:
            return [_Part(["states"], *states_page(settings, settings.states_page_url))]
        case "listings" if settings.listings_key:
            return _listings_of(settings, settings.listings_key, day)
    raise MarketSourceError(f"{source}: {unset_variable(settings, source)} is not set")


def _listings_of(settings: MarketSettings, key: SecretStr, day: date) -> Iterator[_Part]:
    """Raises MarketSourceError where no states are known."""
    with transaction(settings) as cursor:
        cursor.execute(f"SELECT state FROM {RAW_SCHEMA}.{STATES_PAGE.name} ORDER BY state")
        states = [state for (state,) in cursor]
        cursor.execute("SELECT part FROM market.landings WHERE source = 'listings' AND day = %s", (day,))
        done = {state for (state,) in cursor}
    if not states:
        raise MarketSourceError("listings: no states are known to ask for: states-page has not been landed")
    for places in _groups(state for state in states if state not in done):
        yield _Part(places, *listings(settings, key, places, day))


def _groups(names: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(names)
    while group := list(islice(remaining, PLACES_AT_ONCE)):
        yield group


def _run(settings: MarketSettings, source: str, what: DltSource) -> None:
    """dlt's own files live as long as the run: a package that failed is not tried again by the next one."""
    with tempfile.TemporaryDirectory(prefix="vitrine-market-") as folder:
        pipeline = dlt.pipeline(
            f"market_{source.replace('-', '_')}",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(_address(settings)),
            dataset_name=RAW_SCHEMA,
        )
        try:
            pipeline.run(what)
        except PipelineStepFailed as error:
            raise sentence(source, error) from error


def _address(settings: MarketSettings) -> str:
    password = settings.postgres_password.get_secret_value() if settings.postgres_password else ""
    return (
        f"postgresql://{quote(settings.postgres_user, safe='')}:{quote(password, safe='')}"
        f"@{settings.postgres_host}:{settings.postgres_port}/{settings.shop_database}?{urlencode(settings.postgres_tls)}"
    )


def _count(sortings: list[Sorting]) -> tuple[int, int]:
    rejected = sum(len(sorting.rejected) for sorting in sortings)
    return sum(sorting.kept for sorting in sortings) + rejected, rejected


def _note(settings: MarketSettings, source: str, day: date, part: _Part) -> None:
    """Writes down what was landed and what was set aside; last of all, so that what is killed before is done again."""
    rejected = [each for sorting in part.sortings for each in sorting.rejected]
    with transaction(settings) as cursor:
        for each in rejected:
            cursor.execute(
                """
                INSERT INTO market.rejected_rows (rejected_id, source, day, reason, row) VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (rejected_id) DO NOTHING
                """,
                (hashlib.sha256(f"{source}{day}{each.row}".encode()).hexdigest(), source, day, each.reason, each.row),
            )
        for place in part.places:
            cursor.execute(
                """
                INSERT INTO market.landings (landing_id, source, part, day, landed_at) VALUES (%s, %s, %s, %s, now())
                ON CONFLICT (landing_id) DO UPDATE SET landed_at = now()
                """,
                (f"{source}/{place}/{day}", source, place, day),
            )
