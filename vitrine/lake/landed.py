"""What came of landing a table."""

from dataclasses import asdict, dataclass, field
from typing import Any

from vitrine.lake.place import Load


@dataclass
class Landed:
    """One table in one run. `unchanged` counts what had been landed before, `failures` says what could not be."""

    source: str
    table: str
    loads: int = 0
    rows: int = 0
    rejected: int = 0
    unchanged: int = 0
    new_columns: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def add(self, load: Load) -> None:
        self.loads += 1
        self.rows += load.rows
        self.rejected += load.rejected
        self.new_columns.update(load.new_columns)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "new_columns": sorted(self.new_columns)}

    def sentence(self) -> str:
        """The result for people."""
        name = f"{self.source}.{self.table}"
        if not self.loads:
            return f"{name}: nothing new"
        said = [f"{name}: {self.rows:,} rows landed"]
        if self.rejected:
            said.append(f"{self.rejected:,} set aside (_rejected/{self.source}/{self.table}/)")
        if self.new_columns:
            said.append(f"new columns, not landed: {', '.join(sorted(self.new_columns))}")
        return "; ".join(said)
