"""Landing any source by its name."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vitrine.lake import csv_files, erasing, erasures, events, identities, market, shop
from vitrine.lake.declarations import Table
from vitrine.lake.erasing import Erased
from vitrine.lake.erasures import Erasure
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.lake.sources import (
    CSV_SOURCES,
    EVENT_TABLES,
    EVENTS,
    MARKET,
    MARKET_TABLES,
    SHOP,
    SHOP_TABLES,
)
from vitrine.settings import CassandraSettings, KafkaSettings, ShopDatabaseSettings, load

SOURCES = [*CSV_SOURCES, SHOP, EVENTS, MARKET]
# Several sources by one name.
GROUPS = {"all-files": [*CSV_SOURCES], "all": SOURCES}


def land(lake: Lake, name: str, *, folder: str | None = None, again: bool = False) -> list[Landed]:
    """Lands what is new in a source; with `again` also what was landed before. One process at a time does so.

    Raises LakeUnavailableError.
    """
    with lake.alone():
        if name == SHOP:
            return shop.land(lake, load(ShopDatabaseSettings), again=again)
        if name == EVENTS:
            landed = events.land(lake, load(KafkaSettings), now=time.time())
            return [*landed, identities.land(lake, load(CassandraSettings))]
        if name == MARKET:
            return market.land(lake, load(ShopDatabaseSettings))
        return csv_files.land(lake, CSV_SOURCES[name], folder, again=again)


def is_there(lake: Lake, name: str) -> bool:
    """Whether a source may be landed: of CSV files not every shop has each."""
    return name not in CSV_SOURCES or csv_files.is_there(lake, CSV_SOURCES[name])


def tables() -> list[tuple[str, Table]]:
    """All declared tables with the names of their sources."""
    of_files = [(source.name, table) for source in CSV_SOURCES.values() for table in source.tables]
    of_servers = {SHOP: SHOP_TABLES, EVENTS: EVENT_TABLES, MARKET: MARKET_TABLES}
    return [*of_files, *((source, table) for source, tables in of_servers.items() for table in tables)]


def prepare(lake: Lake) -> None:
    """Makes all tables, so that each can be read before anything was landed in it."""
    with lake.alone():
        for source, table in tables():
            lake.make_table(source, table)


def erase(lake: Lake, kind: str, person: str, *, until: datetime | None = None) -> Erased:
    """Takes somebody out of the lake (vitrine.lake.erasing), with what they did until then, or until now."""
    with lake.alone():
        return erasing.erase(lake, tables(), kind, person, until=until or datetime.now(UTC))


def erased_again(lake: Lake, known: Mapping[str, datetime]) -> dict[str, str]:
    """Digest -> id of those who stand in the lake although they were erased, as in one that a backup has restored.

    `known` is who was erased, until when. From now on nothing of them lands; what is there is still to be erased.
    """
    with lake.alone():
        missing = {
            digest: until for source in (EVENTS, SHOP) for digest, until in _unknown(lake, source, known).items()
        }
        found = erasing.people_of(lake, tables(), missing) if missing else {}
        for source in (EVENTS, SHOP):
            erasures.remember(
                lake, source, [Erasure(digest, until) for digest, until in missing.items() if digest not in found]
            )
    return found


def _unknown(lake: Lake, source: str, known: Mapping[str, datetime]) -> dict[str, datetime]:
    remembered = {each.digest: each.erased_at for each in erasures.erased(lake, source)}
    return {digest: until for digest, until in known.items() if digest not in remembered or remembered[digest] < until}


def kinds() -> list[str]:
    """What may be erased."""
    return erasing.kinds(tables())


def overview(lake: Lake) -> list[dict[str, Any]]:
    """Each declared table: how many loads, files and rows count, how many rows were set aside."""
    return [_overview(lake, source, table.name) for source, table in tables()]


def _overview(lake: Lake, source: str, table: str) -> dict[str, Any]:
    loads = lake.loads(source, table)
    return {
        "source": source,
        "table": table,
        "loads": len(loads),
        "files": sum(len(load.files) for load in loads),
        "rows": sum(load.rows for load in loads),
        "rejected": sum(load.rejected for load in loads),
        "landed_at": max((load.landed_at.isoformat() for load in loads), default=None),
    }
