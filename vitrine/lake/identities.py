"""Which visitor was which customer, from Cassandra into the lake, whole: the latest load replaces the one before."""

import hashlib
from datetime import UTC, datetime

import msgspec
import pyarrow as pa

from vitrine.errors import StorageUnavailableError
from vitrine.lake import erasures
from vitrine.lake.database import database
from vitrine.lake.landed import Landed
from vitrine.lake.parts import load_column, take_in_parts, write_parts
from vitrine.lake.place import Lake, Load
from vitrine.lake.sources import EVENTS, IDENTITIES
from vitrine.settings import CassandraSettings
from vitrine.storage import Link
from vitrine.storage.tables.identities import IdentityStore

_MOMENT = pa.timestamp("us")
# As IdentityStore.spans() gives them.
_COLUMNS = {"visitor_id": pa.string(), "user_id": pa.string(), "first_at": _MOMENT, "last_at": _MOMENT}


def land(lake: Lake, settings: CassandraSettings) -> Landed:
    """Lands what Cassandra holds, where it differs from the lake; without Cassandra, what was landed before stays.

    The caller is `alone` in the lake. Raises LakeUnavailableError.
    """
    lake.make_table(EVENTS, IDENTITIES)
    result = Landed(EVENTS, IDENTITIES.name)
    try:
        spans, load_id = _read(settings)
    except StorageUnavailableError as error:
        result.failures.append(str(error))
        return result
    if any(load.load_id == load_id for load in lake.loads(EVENTS, IDENTITIES.name)):
        result.unchanged += 1
        return result
    load = _write(lake, spans, load_id)
    lake.keep_loads(EVENTS, IDENTITIES.name, [load])
    lake.remove_what_does_not_count(EVENTS, IDENTITIES.name)
    result.add(load)
    return result


def _read(settings: CassandraSettings) -> tuple[pa.Table, str]:
    """All rows and a hash of them, which come in the same order each time. Raises StorageUnavailableError."""
    schema, encoder = pa.schema(list(_COLUMNS.items())), msgspec.json.Encoder()
    batches, digest = [], hashlib.sha256()
    with Link.connected(settings) as link:
        for page in IdentityStore(link).spans():
            digest.update(encoder.encode_lines(page))
            batches.append(pa.RecordBatch.from_pylist([dict(zip(_COLUMNS, row, strict=True)) for row in page], schema))
    return pa.Table.from_batches(batches, schema), digest.hexdigest()[:32]


def _write(lake: Lake, spans: pa.Table, load_id: str) -> Load:
    person, known = IDENTITIES.person, erasures.erased(lake, EVENTS)
    columns = person.columns if person else ()
    left_out = " OR ".join(erasures.left_out(known, person, column, IDENTITIES.time) for column in columns)
    query = f"SELECT *, {load_column(load_id)} FROM spans WHERE NOT ({left_out})"
    with lake.staging() as staging, database(lake, staging) as connection:
        connection.register("spans", spans)
        parts = write_parts(connection, query, IDENTITIES, staging / "rows", title=f"{EVENTS}.{IDENTITIES.name}")
        return Load(
            load_id=load_id,
            of="everything",
            landed_at=datetime.now(UTC),
            rows=sum(part.rows for part in parts),
            files=take_in_parts(lake, EVENTS, IDENTITIES, load_id, parts),
        )
