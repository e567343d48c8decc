"""One person taken out of the lake, the warehouse, the published marts, the samples of the checks and the cache.

Aggregates that the person was part of are as they were until the next build. The shop's own records (its tables,
Cassandra, Kafka, files that are landed) are not touched; what they did until then does not land again.
"""

import re
import shutil
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.analytics.dbt import Dbt
from vitrine.analytics.places import Place, places
from vitrine.analytics.publishing import hold_publishers
from vitrine.analytics.warehouse import opened, scratch_folder, spilled_folder
from vitrine.lake import landing
from vitrine.lake.place import Lake
from vitrine.settings import (
    CACHE_PREFIX,
    KafkaSettings,
    ShopDatabaseSettings,
    ValkeySettings,
    WarehouseSettings,
    load,
)
from vitrine.shop_database.connection import connect, driver_errors
from vitrine.streaming import Erasure, read_erasures
from vitrine.valkey import client, client_errors


def erase(kind: str, person: str, *, until: datetime | None = None) -> dict[str, Any]:
    """Takes somebody out of everything that is derived from the sources; says how much there was of them.

    The lake keeps what they did after `until`, or after now, and the next build brings that back to the others.

    It may be done again, and is to be where it failed half-way. In this order, so that a pipeline that runs afterwards
    cannot bring them back: what it builds is built from a lake without them. Who calls it keeps others out of the
    warehouse meanwhile. Raises LakeError, LakeUnavailableError, WarehouseError, ShopDatabaseUnavailableError,
    CacheUnavailableError.
    """
    settings, postgres = load(WarehouseSettings), load(ShopDatabaseSettings)
    of_lake = landing.erase(Lake(settings), kind, person, until=until)
    # Without a warehouse nothing was ever built of them on this machine.
    exists = settings.warehouse_file.exists()
    return {
        "kind": kind,
        "lake": asdict(of_lake),
        "warehouse": erase_from_warehouse(settings.warehouse_file, kind, person) if exists else 0,
        **erase_from_postgres(postgres, kind, person),
        "cached_answers": forget_answers(load(ValkeySettings)),
    }


def erase_pending(kafka: KafkaSettings) -> list[dict[str, Any]]:
    """Erases all users of whom the topic of erasures says that something is left to do; of each how much there was.

    And those who stand in the lake again although that was done, as it was restored from a backup. Raises
    StreamUnavailableError, and what `erase` raises.
    """
    with closing(read_erasures(kafka)) as log:
        erasures = log.erasures
    until = {each.digest: _moment(each) for each in erasures if each.is_finished}
    again = landing.erased_again(Lake(load(WarehouseSettings)), until)
    for digest, person in again.items():
        erase("user", person, until=until[digest])
    return [
        {"erasure_id": each.erasure_id, **erase("user", each.person, until=_moment(each))}
        for each in erasures
        if each.person is not None
    ]


def _moment(erasure: Erasure) -> datetime:
    return datetime.fromtimestamp(erasure.erased_at / 1000, UTC)


def erase_from_warehouse(file: Path, kind: str, person: str) -> int:
    """Deletes the rows and writes what is left into a new file, as a deleted row stays in the old one's blocks.

    Returns how many rows there were. Raises WarehouseError.
    """
    new = file.with_name(f"{file.name}.new")
    with opened(file, writable=True) as connection:
        # While the file is ours nobody uses these. A killed step leaves rows in the first two, dbt may log some.
        for folder in (spilled_folder(file), scratch_folder(connection), Dbt.folder_of(file) / "logs"):
            shutil.rmtree(folder, ignore_errors=True)
        for left_over in (new, new.with_name(f"{new.name}.wal")):
            left_over.unlink(missing_ok=True)
        rows = 0
        for place in places(_tables(connection), kind):
            deleted = f"DELETE FROM {place.schema}.{place.table} WHERE {place.condition.format('?')}"
            ((count,),) = connection.execute(deleted, [person]).fetchall()
            rows += count
        ((name,),) = connection.execute("SELECT current_database()").fetchall()
        connection.execute(f"ATTACH '{new}' AS fresh")
        connection.execute(f'COPY FROM DATABASE "{name}" TO fresh')
        connection.execute("DETACH fresh")
    new.replace(file)
    return rows


def erase_from_postgres(settings: ShopDatabaseSettings, kind: str, person: str) -> dict[str, int]:
    """The same for the published marts and the samples of the checks. Raises ShopDatabaseUnavailableError.

    The publish gets another id, so that no client is told that what it has seen is as it was.
    """
    with closing(connect(settings)) as connection, driver_errors():
        connection.autocommit = True  # VACUUM runs in no transaction
        with connection.cursor() as cursor:
            hold_publishers(cursor)
            cursor.execute(
                "SELECT table_schema, table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'marts'"
            )
            found = cursor.fetchall()
            marts = sum(_erase(cursor, place, person) for place in places(found, kind))
            samples = _erase_samples(cursor, person)
            if found:
                cursor.execute("UPDATE marts.publish SET publish_id = %s", (str(uuid4()),))
            # ANALYZE has noted ids of some rows of each table.
            cursor.execute("VACUUM (FULL) pg_catalog.pg_statistic")
    return {"marts": marts, "samples": samples}


def forget_answers(settings: ValkeySettings) -> int:
    """Removes all answers that are kept in Valkey, of any publish; returns how many. Raises CacheUnavailableError.

    They are of aggregates, which name nobody, but the numbers are those of before.
    """
    if (valkey := client(settings, timeout=5)) is None:
        return 0
    with closing(valkey), client_errors(settings):
        return sum(int(valkey.unlink(key)) for key in valkey.scan_iter(f"{CACHE_PREFIX}:*", count=1000))


def _erase(cursor: Cursor, place: Place, person: str) -> int:
    """Always written anew: an erasure that was killed may have deleted the rows and left their bytes."""
    table = sql.Identifier(place.schema, place.table)
    condition = sql.SQL(place.condition.format("%s"))
    cursor.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table, condition), (person,))
    deleted = cursor.rowcount
    cursor.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(table))
    return deleted


def _erase_samples(cursor: Cursor, person: str) -> int:
    """Samples and messages that name the person are emptied; how many rows broke the rule stays.

    Rather too many than too few: a key may be made of an id and more, as that of a session is.
    """
    cursor.execute("SELECT to_regclass('quality.results') IS NOT NULL")
    if cursor.fetchall() != [(True,)]:
        return 0
    named = rf"(^|[^\w.~@+-]){re.escape(person)}([^\w.~@+-]|$)"
    cursor.execute(
        "UPDATE quality.results SET sample_keys = '[]', message = '' WHERE sample_keys::text ~ %s OR message ~ %s",
        (named, named),
    )
    emptied = cursor.rowcount
    cursor.execute("VACUUM (FULL, ANALYZE) quality.results")
    return emptied


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_catalog, table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE'"
    ).fetchall()
