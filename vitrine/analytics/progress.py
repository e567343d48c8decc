"""Which steps have been done since the lake or the project last changed, so that nothing is built twice."""

import hashlib
from pathlib import Path

import msgspec

from vitrine.analytics.dbt import PROJECT, Dbt
from vitrine.lake.place import Lake
from vitrine.settings import WarehouseSettings

BUILDING = ("staging", "recommendations", "marts")


class _Done(msgspec.Struct):
    """The steps that were done over one state of the lake, and the publish that came of them."""

    digest: str = ""
    steps: list[str] = []
    publish_id: str = ""


class Progress:
    """Kept in a file beside the warehouse file. A step that is done again makes those after it undone."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._file = Dbt(settings).folder / "progress.json"

    def is_done(self, step: str) -> bool:
        """Whether the step would build what is there already."""
        done = self._read()
        return step in done.steps and (step != "staging" or done.digest == _digest(self._settings))

    def begin(self, step: str) -> None:
        """Before a step is done: until it is finished, neither it nor what follows from it counts."""
        before = BUILDING[: BUILDING.index(step)]
        done = self._read()
        digest = _digest(self._settings) if step == "staging" else done.digest
        self._write(_Done(digest, [each for each in done.steps if each in before]))

    def finish(self, step: str) -> None:
        done = self._read()
        done.steps.append(step)
        self._write(done)

    @property
    def published(self) -> str:
        """The id under which the marts as they are now were published; empty where they were not."""
        return self._read().publish_id

    @published.setter
    def published(self, publish_id: str) -> None:
        done = self._read()
        done.publish_id = publish_id
        self._write(done)

    def _read(self) -> _Done:
        if not self._file.exists() or not self._settings.warehouse_file.exists():
            return _Done()
        return msgspec.json.decode(self._file.read_bytes(), type=_Done)

    def _write(self, done: _Done) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part: Path = self._file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(done))
        part.replace(self._file)


def _digest(settings: WarehouseSettings) -> str:
    """Changes with the lists of what was landed, and with the dbt project."""
    lake, found = Lake(settings), hashlib.sha256(settings.lake.encode())
    for path in lake.find("_loads", "**", "*.jsonl"):
        for line in (path.encode(), *lake.read_lines(*path.split("/"))):
            found.update(line)
    for file in sorted(PROJECT.glob("m*/**/*")):
        found.update(file.read_bytes() if file.is_file() else b"")
    return found.hexdigest()
