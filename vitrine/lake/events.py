"""Views, what was shown and the shop's other events, from Kafka into the lake: each message in exactly one file.

A load holds the messages between the offsets where the last one ended and where its own end, which are kept with it, in
the list of loads, and nowhere else: its rows and its offsets count at the same moment. Run by the hour a load is an
hour of messages, and what came late stands in the month of its own time.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from confluent_kafka import Message

from vitrine import shop_events
from vitrine.canary import is_canary
from vitrine.errors import InvalidEventError
from vitrine.events import decode, occurred_at, viewed_at
from vitrine.lake import erasures
from vitrine.lake.database import database
from vitrine.lake.declarations import TopicTable
from vitrine.lake.landed import Landed
from vitrine.lake.parts import Part, load_column, take_in_parts, write_parts
from vitrine.lake.place import Lake, Load, rejected_file
from vitrine.lake.sources import EVENTS, PRODUCT_VIEWS, RECOMMENDATIONS_SHOWN, SHOP_EVENTS
from vitrine.settings import KafkaSettings
from vitrine.shop_events import Clicked, Item, Order, Search, Shown
from vitrine.streaming import ErasureLog, read_erasures
from vitrine.streaming.spans import Span, new_spans, read_spans

# About 60 MB; a backlog becomes several loads.
MESSAGES_PER_LOAD = 200_000

Row = dict[str, Any]
Decode = Callable[[bytes, float, float], Row]


class _Shown(msgspec.Struct, rename="kebab", frozen=True):
    """What the API says of an answer (api.actions.note_shown)."""

    recommendation_id: str
    endpoint: str
    products: list[str]
    sources: list[str]
    shown_at: datetime
    user_id: str | None = None
    model: Any = None
    placement: str | None = None
    experiment: str | None = None
    arm: str | None = None


@dataclass
class _Batch:
    """Messages as rows, and how far they reach."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    canaries: int = 0
    offsets: dict[int, int] = field(default_factory=dict)
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def count(self) -> int:
        """Of messages, whatever became of them."""
        return len(self.rows) + len(self.rejected) + self.canaries


def land(lake: Lake, settings: KafkaSettings, *, now: float) -> list[Landed]:
    """Lands what has come in each topic until now.

    Nothing lands that was done before its person was erased, as the topic of erasures says. The caller is `alone` in
    the lake. Raises StreamUnavailableError, LakeUnavailableError.
    """
    with closing(read_erasures(settings)) as erased:
        return [
            _Landing(lake, settings, table, decoder, erased).land(now)
            for table, decoder in (
                (PRODUCT_VIEWS, _view),
                (RECOMMENDATIONS_SHOWN, _shown),
                (SHOP_EVENTS, _shop_event),
            )
        ]


class _Landing:
    """Lands one topic."""

    def __init__(
        self, lake: Lake, settings: KafkaSettings, table: TopicTable, decoder: Decode, erased: ErasureLog
    ) -> None:
        self._lake = lake
        self._settings = settings
        self._table = table
        self._topic = str(getattr(settings, table.topic))
        self._decode = decoder
        self._erased = erased

    def land(self, now: float) -> Landed:
        self._lake.make_table(EVENTS, self._table)
        result = Landed(EVENTS, self._table.name)
        loads = self._lake.loads(EVENTS, self._table.name)
        spans = new_spans(self._settings, topic=self._topic, offsets=_offsets(loads))
        result.unchanged = int(not spans)
        while spans:
            batch = self._read(spans, now)
            load = self._write(batch, _offsets(loads))
            loads = [*loads, load]
            self._lake.keep_loads(EVENTS, self._table.name, loads)
            result.add(load)
            spans = [span for each in spans if (span := _rest(each, batch.offsets)).start < span.end]
        return result

    def _read(self, spans: list[Span], now: float) -> _Batch:
        batch = _Batch()
        for messages in read_spans(self._settings, topic=self._topic, spans=spans, most=MESSAGES_PER_LOAD):
            for message in messages:
                self._add(batch, message, now)
        if batch.count < MESSAGES_PER_LOAD:
            # To the end of each, also where the last offsets hold no message.
            batch.offsets.update({span.partition: span.end for span in spans})
        return batch

    def _add(self, batch: _Batch, message: Message, now: float) -> None:
        partition, offset, value = message.partition() or 0, message.offset() or 0, message.value() or b""
        batch.offsets[partition] = offset + 1
        batch.digest.update(b"%d %d %d " % (partition, offset, message.timestamp()[1]) + value)
        try:
            row = self._decode(value, message.timestamp()[1] / 1000, now)
        except InvalidEventError as error:
            key = (message.key() or b"").decode(errors="replace")
            if not self._is_erased(key, message):
                place = {"file": f"{self._topic}/{partition}", "line": offset}
                # What cannot be read may not name its person; the key does.
                row = {"key": key, "row": value.decode(errors="replace")}
                batch.rejected.append({**place, "reason": str(error), **row})
            return
        if row["user_id"] is not None and self._is_erased(row["user_id"], message, row[self._table.time or ""]):
            return
        if is_canary(row["user_id"] or ""):
            batch.canaries += 1
            return
        batch.rows.append({**row, "kafka_partition": partition, "kafka_offset": offset})

    def _is_erased(self, user: str, message: Message, *moments: datetime) -> bool:
        times = [round(each.replace(tzinfo=UTC).timestamp() * 1000) for each in moments]
        return self._erased.covers(user, message.timestamp()[1], *times)

    def _write(self, batch: _Batch, start: Mapping[int, int]) -> Load:
        load_id = batch.digest.hexdigest()[:32]
        with self._lake.staging() as staging:
            parts = self._write_rows(batch.rows, staging, load_id)
            if batch.rejected:
                lines = msgspec.json.Encoder().encode_lines(batch.rejected)
                self._lake.write(lines, rejected_file(EVENTS, self._table.name, load_id))
            return Load(
                load_id=load_id,
                of=f"{self._topic} from {_places(start)} to {_places(batch.offsets)}",
                landed_at=datetime.now(UTC),
                rows=sum(part.rows for part in parts),
                rejected=len(batch.rejected),
                files=take_in_parts(self._lake, EVENTS, self._table, load_id, parts),
                state={"offsets": {str(partition): end for partition, end in {**start, **batch.offsets}.items()}},
            )

    def _write_rows(self, rows: list[Row], staging: Path, load_id: str) -> list[Part]:
        types = {name: type_ for name, type_ in self._table.stored_types().items() if name != "_load_id"}
        values = ", ".join(f"{name}::{type_} AS {name}" for name, type_ in types.items())
        person, time = self._table.person, self._table.time
        left_out = erasures.left_out(erasures.erased(self._lake, EVENTS), person, person.column if person else "", time)
        query = f"""
            SELECT *, {load_column(load_id)}
            FROM (SELECT {values} FROM messages) WHERE NOT {left_out}
        """
        with database(self._lake, staging) as connection:
            connection.register(
                "messages", pa.table({name: _array(rows, name, type_) for name, type_ in types.items()})
            )
            return write_parts(connection, query, self._table, staging / "rows", title=f"{EVENTS}.{self._table.name}")


def _view(value: bytes, record_time: float, now: float) -> Row:
    """Raises InvalidEventError."""
    view = decode(value)
    return {
        "message_id": view.messageid,
        "user_id": view.userid,
        "product_id": view.properties.productid,
        "source": view.context.source,
        "viewed_at": _moment(viewed_at(view, record_time=record_time, now=now)),
    }


def _shown(value: bytes, _: float, __: float) -> Row:
    """Raises InvalidEventError."""
    try:
        shown = msgspec.json.decode(value, type=_Shown)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError(str(error)) from None
    return {
        "recommendation_id": shown.recommendation_id,
        "user_id": shown.user_id,
        "endpoint": shown.endpoint,
        "products": shown.products,
        "sources": shown.sources,
        "model": None if shown.model is None else msgspec.json.encode(shown.model).decode(),
        "placement": shown.placement,
        "experiment": shown.experiment,
        "arm": shown.arm,
        "shown_at": _moment(_seconds_of(shown.shown_at)),
    }


def _shop_event(value: bytes, record_time: float, now: float) -> Row:
    """Raises InvalidEventError."""
    event = shop_events.decode(value)
    found = event.properties
    items = found.products if isinstance(found, Order) else [found] if isinstance(found, Item) else []
    shown = found.products if isinstance(found, Shown) else [found.productid] if isinstance(found, Clicked) else []
    return {
        "message_id": event.messageid,
        "user_id": event.userid,
        "event": type(event).__name__,
        "products": [*(item.productid for item in items), *shown],
        "quantities": [item.quantity for item in items],
        "prices": [item.price for item in items],
        "order_id": found.orderid if isinstance(found, Order) else None,
        "recommendation_id": found.recommendationid if isinstance(found, Shown | Clicked) else None,
        "placement": found.placement if isinstance(found, Shown | Clicked) else None,
        "query": found.query if isinstance(found, Search) else None,
        "source": event.context.source,
        "occurred_at": _moment(occurred_at(event.timestamp, record_time=record_time, now=now)),
    }


def _seconds_of(moment: datetime) -> float:
    """A time without an offset is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment(seconds: float) -> datetime:
    """UTC, as the lake keeps all times. Raises InvalidEventError for a year that no table holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        raise InvalidEventError(f"the lake keeps times of the years 1 to 9999: {seconds:.0f} s since 1970") from None


def _array(rows: Iterable[Row], name: str, type_: str) -> pa.Array:
    types = {"VARCHAR[]": pa.list_(pa.string()), "TIMESTAMP": pa.timestamp("us"), "INTEGER": pa.int32()}
    types |= {"BIGINT": pa.int64(), "VARCHAR": pa.string()}
    types |= {"BIGINT[]": pa.list_(pa.int64()), "DOUBLE[]": pa.list_(pa.float64())}
    return pa.array([row[name] for row in rows], types[type_])


def _offsets(loads: list[Load]) -> dict[int, int]:
    """Where the last load ended, by partition."""
    offsets = loads[-1].state["offsets"] if loads else {}
    return {int(partition): int(offset) for partition, offset in offsets.items()}


def _rest(span: Span, offsets: Mapping[int, int]) -> Span:
    return Span(span.partition, offsets.get(span.partition, span.start), span.end)


def _places(offsets: Mapping[int, int]) -> str:
    return " ".join(f"{partition}:{offset}" for partition, offset in sorted(offsets.items())) or "the beginning"
