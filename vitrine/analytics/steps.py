"""The steps of the warehouse, one after the other; each can be run again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import duckdb
import msgspec

from vitrine.analytics import quality as kept
from vitrine.analytics import recommendations as learned
from vitrine.analytics.checks import read_checks
from vitrine.analytics.dbt import Dbt
from vitrine.analytics.notifying import notify
from vitrine.analytics.progress import BUILDING, Progress
from vitrine.analytics.publishing import SCHEMA, marts_of, publish_id_of
from vitrine.analytics.publishing import publish as publish_marts
from vitrine.analytics.warehouse import fingerprint, opened
from vitrine.errors import WarehouseError
from vitrine.lake.place import Lake
from vitrine.settings import ShopDatabaseSettings, WarehouseSettings, load

_SHOWN_CHECKS = 20


class Checked(msgspec.Struct):
    """What the last run of the checks found, and of which state of the warehouse."""

    run_id: str
    failed: list[str]
    fingerprint: str


def staging() -> dict[str, Any]:
    """Raw and staging: views over the lake, and its rows typed and each once."""
    results = Dbt(load(WarehouseSettings)).run("run", "--select", "raw", "staging")
    return {"models": _built(results)}


def recommendations() -> dict[str, Any]:
    """Ten products for each household and customer, out of staging; and how good such lists are."""
    with opened(load(WarehouseSettings).warehouse_file, writable=True) as connection:
        rows = learned.write(connection, learned.recommend_to_all(connection), learned.measure(connection))
    return {"recommendations": rows}


def marts() -> dict[str, Any]:
    """The marts and what lies between, out of staging."""
    results = Dbt(load(WarehouseSettings)).run("run", "--select", "intermediate", "marts")
    return {"models": _built(results)}


def quality() -> dict[str, Any]:
    """Runs the tests of the marts, keeps what they found in Postgres, and tells of what changed.

    Raises WarehouseError where a test failed, after that.
    """
    settings, started_at = load(WarehouseSettings), datetime.now(UTC)
    dbt = Dbt(settings)
    results = dbt.run("test", "--exclude-resource-type", "unit_test")
    manifest = dbt.manifest()
    with opened(settings.warehouse_file) as connection:
        checks = read_checks(results, manifest, connection)
        metrics = {**kept.measure(connection, _marts_in(manifest)), **_landed(settings)}
    run = kept.Run(str(uuid4()), started_at, datetime.now(UTC), checks, metrics)
    failed = [check.name for check in run.failed]
    checked = Checked(run.run_id, failed, fingerprint(settings.warehouse_file))
    (dbt.folder / "checked.json").write_bytes(msgspec.json.encode(checked))
    _tell(settings, kept.record(load(ShopDatabaseSettings), run), run)
    if failed:
        raise WarehouseError(f"{len(failed)} of {len(checks)} checks failed: {_listed(failed)}")
    return {"checks": len(checks), "failed": 0, "run_id": run.run_id}


def publish() -> dict[str, Any]:
    """Publishes the marts to Postgres if they are as they were checked, and every check passed."""
    settings, postgres = load(WarehouseSettings), load(ShopDatabaseSettings)
    dbt = Dbt(settings)
    run_id = _checked(dbt, settings)
    started = time.monotonic()
    with opened(settings.warehouse_file) as connection:
        found = marts_of(dbt.manifest(), connection)
        rows = publish_marts(postgres, connection, found, publish_id=run_id, now=datetime.now(UTC))
    Progress(settings).published = run_id
    kept.note_published(postgres, run_id)
    return {"marts": len(found), "rows": rows, "seconds": round(time.monotonic() - started, 2), "publish_id": run_id}


def run_step(name: str, *, only_changes: bool = False) -> dict[str, Any]:
    """Does a step, and returns what it says of itself.

    `only_changes` leaves out what would build again what is there already: of the same loads, by the same project.
    The checks run each time, as some of them ask how old the newest row is. Before the first sale has landed there is
    nothing to check or to publish, and no failure to tell of.
    """
    progress = Progress(load(WarehouseSettings))
    if name in ("quality", "publish") and _nothing_yet():
        return {"step": name, "nothing_landed": True}
    if only_changes and name in BUILDING and progress.is_done(name):
        return {"step": name, "unchanged": True}
    if only_changes and name == "publish" and (publish_id := _published_as(progress)):
        return {"step": name, "unchanged": True, "publish_id": publish_id}
    if name in BUILDING:
        progress.begin(name)
    said = STEPS[name].run()
    if name in BUILDING:
        progress.finish(name)
    return {"step": name, **said}


def run() -> Iterator[dict[str, Any]]:
    """All steps, and what each says of itself; what is built already stays."""
    return (run_step(name, only_changes=True) for name in STEPS)


class Step(NamedTuple):
    """A step by its name, and what it does."""

    run: Callable[[], dict[str, Any]]
    help: str


STEPS = {
    "staging": Step(staging, "views over the lake, and its rows typed and each once"),
    "recommendations": Step(recommendations, "ten products for each household and customer, out of staging"),
    "marts": Step(marts, "the marts, out of staging"),
    "quality": Step(quality, "tests the marts; results into Postgres, a message for each change"),
    "publish": Step(publish, "the marts into Postgres, if their tests passed"),
}


def _nothing_yet() -> bool:
    """No line of sales is in the marts, and none was ever published; if one was, the checks say that all is gone."""
    file = load(WarehouseSettings).warehouse_file
    if not file.exists():
        return False
    # Without marts, whoever asks for their checks is told so by dbt.
    with opened(file) as connection, suppress(duckdb.CatalogException):
        lines = connection.execute("SELECT count(*) FROM marts.fct_order_line").fetchall()
        return lines == [(0,)] and not publish_id_of(load(ShopDatabaseSettings))
    return False


def _landed(settings: WarehouseSettings) -> dict[tuple[str, str], float]:
    """Of each table of the lake the rows that count, and those that were set aside."""
    lake, found = Lake(settings), dict[tuple[str, str], float]()
    for path in lake.find("_loads", "*", "*.jsonl"):
        _, source, file = path.split("/")
        table = file.removesuffix(".jsonl")
        loads = lake.loads(source, table)
        found["landed_rows", f"{source}.{table}"] = sum(load.rows for load in loads)
        found["rejected_rows", f"{source}.{table}"] = sum(load.rejected for load in loads)
    return found


def _built(results: Sequence[Mapping[str, Any]]) -> int:
    return sum(str(result["unique_id"]).startswith("model.") for result in results)


def _marts_in(manifest: dict[str, Any]) -> list[str]:
    nodes = manifest["nodes"].values()
    return sorted(node["name"] for node in nodes if node["resource_type"] == "model" and node["schema"] == SCHEMA)


def _published_as(progress: Progress) -> str:
    """Under which id Postgres has these marts; empty where it has others. Whatever was checked since has passed."""
    settings, postgres = load(WarehouseSettings), load(ShopDatabaseSettings)
    run_id = _checked(Dbt(settings), settings)
    if not progress.published or publish_id_of(postgres) != progress.published:
        return ""
    kept.note_published(postgres, run_id)
    return progress.published


def _checked(dbt: Dbt, settings: WarehouseSettings) -> str:
    """The run that checked what is there now. Raises WarehouseError where there is none, or a check failed."""
    file = dbt.folder / "checked.json"
    if not file.exists() or not settings.warehouse_file.exists():
        raise WarehouseError("the marts have not been checked yet: run the step quality")
    checked = msgspec.json.decode(file.read_bytes(), type=Checked)
    if checked.fingerprint != fingerprint(settings.warehouse_file):
        raise WarehouseError("the warehouse has changed since its marts were checked: run the step quality")
    if checked.failed:
        raise WarehouseError(f"the marts are not published, these checks failed: {_listed(checked.failed)}")
    return checked.run_id


def message_of(changes: Sequence[kept.Change], run: kept.Run) -> tuple[str, str]:
    """Title and text of one message about all that changed."""
    broken = [change.check_name for change in changes if change.is_bad]
    mended = [change.check_name for change in changes if not change.is_bad]
    title = f"Vitrine: {len(broken)} checks of the marts fail" if broken else "Vitrine: checks of the marts pass again"
    details = {check.name: check for check in run.checks}
    lines = [f"fails: {name} ({details[name].failed_rows} rows, {details[name].message})" for name in broken]
    lines += [f"passes again: {name}" for name in mended]
    if run.failed:
        lines.append("The marts are not published; those that were published before stay.")
    return title, "\n".join(lines)


def _tell(settings: WarehouseSettings, changes: Sequence[kept.Change], run: kept.Run) -> None:
    """What no address took stays to be told of by the next run."""
    if changes:
        title, text = message_of(changes, run)
        if notify(settings.notify_addresses, title=title, text=text):
            kept.note_told(load(ShopDatabaseSettings), changes, datetime.now(UTC))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_CHECKS
    return ", ".join(names[:_SHOWN_CHECKS]) + (f" and {more} more" if more > 0 else "")
