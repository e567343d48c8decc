"""Postgres -> Cassandra: who bought what (order_views), and the catalogue (products).

    plan          what is new since the watermark, cut into chunks; if that is everything, removes what no longer exists
    copy_chunk    one chunk: read, write, count on both sides, remove what no longer exists
    finish        moves the watermark, last of all

The watermark is a snapshot of Postgres' transactions: what a run could not see, because its transaction was still
open, the next run finds (vitrine.shop_database.extraction). Lines that are new to Cassandra are announced to Kafka
(vitrine.pipelines.announcing); while Kafka is away, chunks that hold some fail and are tried again.

The steps hand each other dicts that JSON can hold, since each may run in a process of its own. All raise
UnavailableError when a server is away; each may be done again.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.errors import PipelineError
from vitrine.orders import BEGINNING_OF_TIME
from vitrine.pipelines import removals
from vitrine.pipelines.chunks import NAME, Chunk, Copied, copy_lines, copy_products
from vitrine.settings import CassandraSettings, ShopDatabaseSettings, load
from vitrine.shop_database import extraction
from vitrine.shop_database.extraction import Selection, Snapshot
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.watermarks import Watermark, WatermarkStore

logger = logging.getLogger(__name__)

SLICES_PER_CHUNK = 20_000
CHANGES, EVERYTHING, BACKFILL = "changes", "everything", "backfill"
TICK = timedelta(milliseconds=1)
NO_SNAPSHOT = ""


class Plan(msgspec.Struct, frozen=True):
    """What a run has to do, and the snapshot that its watermark will have."""

    mode: str
    reason: str
    changed_since: str | None
    chunks: list[Chunk]
    snapshot: Snapshot


def plan(
    backfill_from: str | None = None,
    backfill_to: str | None = None,
    set_watermark_back_to: str | None = None,
    allow_removal: bool = False,
) -> dict[str, Any]:
    """What a run has to do: {"mode", "chunks", and what finish needs}; no chunks where nothing is new.

    Times are ISO 8601, UTC without an offset. A backfill carries over, whatever the watermark says, what was ordered
    from `backfill_from` up to but without `backfill_to`. `set_watermark_back_to` first sets the watermark back to
    where it was at that moment, or, where that is not known (after a week), to the beginning. Without either: what is
    new since the watermark, and all there is where there is none, or one of another database.

    Raises PipelineError for times that make no sense, and where most users or products would be removed (see
    vitrine.pipelines.removals) unless `allow_removal` says that this is meant.
    """
    period = _period(backfill_from, backfill_to)
    moment = _moment("set_watermark_back_to", set_watermark_back_to)
    if period and moment:
        raise PipelineError("a backfill leaves the watermark alone: give its times or set_watermark_back_to, not both")
    with (
        Link.connected(load(CassandraSettings)) as link,
        extraction.reading(load(ShopDatabaseSettings)) as cursor,
    ):
        watermarks = WatermarkStore(link, NAME)
        watermark = _set_back(watermarks, moment) if moment else next(iter(watermarks.recent()), None)
        made = _plan(cursor, watermark, period)
        _remove_vanished(cursor, link, made, allow_removal)
    logger.info("%s (%s): %d chunks", made.mode, made.reason, len(made.chunks), extra={"pipeline": NAME})
    return dict(msgspec.to_builtins(made))


def copy_chunk(chunk: dict[str, Any]) -> dict[str, Any]:
    """Carries one chunk over; {"read", "stored"} are its rows as counted in Postgres and, afterwards, in Cassandra.

    "left_out" is how many of them cannot be carried over; the log names them. Doing it again changes nothing; the
    order of the chunks does not matter. Raises PipelineError when the counts differ by more than what was left out.
    """
    asked = msgspec.convert(chunk, Chunk)
    copy = copy_products if asked.products else copy_lines
    with (
        Link.connected(load(CassandraSettings)) as link,
        extraction.reading(load(ShopDatabaseSettings)) as cursor,
    ):
        copied = copy(cursor, link, asked)
    counts = f"{asked.name}: {copied.read} rows in Postgres, {copied.stored} in Cassandra, {copied.left_out} left out"
    if copied.read != copied.stored + copied.left_out:
        raise PipelineError(f"{counts}: they differ, so something else may be writing there; try again")
    fields = dict(msgspec.to_builtins(copied))
    logger.info("%s", counts, extra={"pipeline": NAME, "chunk": fields.pop("name"), **fields})
    return dict(msgspec.to_builtins(copied))


def finish(plan: dict[str, Any], copied: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Moves the watermark, unless it was a backfill; returns the summary of the run.

    That is {"mode", "rows_read", "rows_stored", "rows_left_out", "watermark"}; what was stored and left out is together
    what was read.

    `copied` is what copy_chunk gave for each chunk of the plan. Raises PipelineError when one is missing.
    """
    made = msgspec.convert(plan, Plan)
    done = msgspec.convert(list(copied), list[Copied])
    if missing := {chunk.name for chunk in made.chunks} - {each.name for each in done}:
        raise PipelineError(f"the watermark stays: these chunks were not carried over: {', '.join(sorted(missing))}")
    with Link.connected(load(CassandraSettings)) as link:
        watermarks = WatermarkStore(link, NAME)
        if made.mode != BACKFILL:
            watermarks.move(_watermark(made, done, watermarks.recent()))
            _forget_changes(watermarks.recent())
        current = next(iter(watermarks.recent()), None)
    summary = {
        "mode": made.mode,
        "rows_read": sum(each.read for each in done),
        "rows_stored": sum(each.stored for each in done),
        "rows_left_out": sum(each.left_out for each in done),
        "watermark": current.taken_at.isoformat() if current else None,
    }
    sentence = (
        "%(mode)s: %(rows_read)d rows read, %(rows_stored)d stored, %(rows_left_out)d left out; watermark %(watermark)s"
    )
    logger.info(sentence, summary, extra={"pipeline": NAME, **summary})
    return summary


def watermarks() -> list[dict[str, Any]]:
    """The watermarks of the last week, newest first; the first one counts."""
    with Link.connected(load(CassandraSettings)) as link:
        return [dict(msgspec.to_builtins(each._asdict())) for each in WatermarkStore(link, NAME).recent()]


def _plan(cursor: Cursor, watermark: Watermark | None, period: Selection | None) -> Plan:
    snapshot = extraction.current_snapshot(cursor)
    mode, reason = _mode(watermark, snapshot, period)
    changed_since = watermark.snapshot if watermark and mode == CHANGES else None
    chunks = _line_chunks(cursor, period or Selection(changed_since))
    if mode != BACKFILL and extraction.changed_products(cursor, changed_since):
        chunks.insert(0, Chunk("products", products=True, changed_since=changed_since))
    return Plan(mode, reason, changed_since, chunks, snapshot)


def _remove_vanished(cursor: Cursor, link: Link, made: Plan, allow_removal: bool) -> None:
    """Stops the run if too much would be removed. Removes what no chunk will, because no recorded change names it."""
    if made.mode == BACKFILL or (made.mode == CHANGES and not removals.may_be_many(cursor, made.changed_since)):
        return
    found = removals.vanished(cursor, link)
    if not allow_removal:
        removals.check(found)
    if made.mode == EVERYTHING:
        removals.remove(cursor, link, found)


def _mode(watermark: Watermark | None, snapshot: Snapshot, period: Selection | None) -> tuple[str, str]:
    if period:
        return BACKFILL, f"orders of {period.since.isoformat()} to {period.until.isoformat()}"
    if watermark is None:
        return EVERYTHING, "there is no watermark yet"
    if watermark.snapshot == NO_SNAPSHOT:
        return EVERYTHING, watermark.reason
    if watermark.source != snapshot.source:
        return EVERYTHING, "the watermark is of another database, or of one that was restored"
    return CHANGES, f"since {watermark.taken_at.isoformat()}"


def _line_chunks(cursor: Cursor, selection: Selection) -> list[Chunk]:
    """The selected slices in ranges of users, with about as many slices in each."""
    extraction.select_slices(cursor, selection)
    bounds = extraction.user_bounds(cursor, SLICES_PER_CHUNK)
    if not bounds:
        return []
    ranges = zip([None, *bounds[1:]], [*bounds[1:], None], strict=True)
    return [
        Chunk(
            name=f"order lines of users from {first}" if first else "order lines",
            changed_since=selection.changed_since,
            since=selection.since,
            until=selection.until,
            first_user=first,
            last_user=last,
        )
        for first, last in ranges
    ]


def _watermark(made: Plan, done: list[Copied], history: list[Watermark]) -> Watermark:
    """The watermark after a run: newer than all others, even if the clock was set back."""
    seen = made.snapshot
    moved_at = max([seen.taken_at, *(each.moved_at + TICK for each in history[:1])])
    read, stored = sum(each.read for each in done), sum(each.stored for each in done)
    return Watermark(moved_at, seen.taken_at, seen.text, seen.source, made.reason, read, stored)


def _set_back(watermarks: WatermarkStore, moment: datetime) -> Watermark | None:
    """Sets the watermark to where it was at that moment; it stays there even if the run fails."""
    history = watermarks.recent()
    if not history:
        return None
    known = [each for each in history if each.taken_at <= moment and each.snapshot != NO_SNAPSHOT]
    back_to = max(known, key=lambda each: each.taken_at, default=None)
    watermark = Watermark(
        moved_at=history[0].moved_at + TICK,
        taken_at=back_to.taken_at if back_to else BEGINNING_OF_TIME,
        snapshot=back_to.snapshot if back_to else NO_SNAPSHOT,
        source=back_to.source if back_to else "",
        reason=f"set back to {moment.isoformat()}" if back_to else f"set back to the beginning ({moment.isoformat()})",
        rows_read=0,
        rows_stored=0,
    )
    watermarks.move(watermark)
    return watermark


def _forget_changes(history: list[Watermark]) -> None:
    """Removes the changes that none of these watermarks would ask for."""
    known = [each for each in history if each.source == history[0].source and each.snapshot != NO_SNAPSHOT]
    oldest = min(known, key=lambda each: each.taken_at)
    extraction.forget_changes(load(ShopDatabaseSettings), seen_by=oldest.snapshot)


def _period(backfill_from: str | None, backfill_to: str | None) -> Selection | None:
    since, until = _moment("backfill_from", backfill_from), _moment("backfill_to", backfill_to)
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise PipelineError("a backfill needs both backfill_from and backfill_to")
    if since >= until:
        raise PipelineError(f"backfill_from ({backfill_from}) must be before backfill_to ({backfill_to})")
    return Selection(since=max(since, BEGINNING_OF_TIME), until=until - TICK)


def _moment(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise PipelineError(f"{name} must be a time such as 2026-11-01T00:00:00Z, not {text!r}") from None
