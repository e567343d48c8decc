"""How a source is declared: its tables, their columns and types, and where a person stands in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NOT_NULL = " NOT NULL"
INTEGERS = frozenset({"SMALLINT", "INTEGER", "BIGINT"})


@dataclass(frozen=True)
class Person:
    """Where a person stands in a table.

    `kind` is what such ids are called when somebody is to be erased: user, household, customer. `column` holds the id
    or, where `through` names another table of the source, the key of the rows there that belong to the person; `time`
    is then the column there that says when. `also` is a second column with the id of a person, whose row it is too.
    """

    kind: str
    column: str
    through: str | None = None
    time: str | None = None
    also: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.also) if self.also else (self.column,)


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    `columns` gives each column its type in DuckDB's words, with NOT NULL where a row without it is set aside. A DECIMAL
    is rounded to its scale; a whole number with a fraction is set aside. `time` names the column by which rows are put
    into months.
    """

    name: str
    columns: Mapping[str, str]
    time: str | None = None
    person: Person | None = None

    def __post_init__(self) -> None:
        named = {name for name in (self.time, *(self.person.columns if self.person else ())) if name}
        if unknown := named - self.columns.keys():
            raise ValueError(f"table {self.name} has no column {', '.join(sorted(unknown))}")

    def types(self) -> dict[str, str]:
        return {name: type_.removesuffix(_NOT_NULL) for name, type_ in self.columns.items()}

    def required(self) -> list[str]:
        return [name for name, type_ in self.columns.items() if type_.endswith(_NOT_NULL)]

    def added(self) -> dict[str, str]:
        """The columns that the lake adds."""
        return {"_load_id": "VARCHAR"}

    def stored_types(self) -> dict[str, str]:
        """The columns of the Parquet files."""
        return {**self.types(), **self.added()}


@dataclass(frozen=True, kw_only=True)
class CsvTable(Table):
    """Files of CSV, plain or gzip. `files` is a pattern of their names; `names` maps headings onto columns where their
    form in snake_case (InvoiceNo: invoice_no) is not the column's name.
    """

    files: str
    delimiter: str = ","
    names: Mapping[str, str] = field(default_factory=dict)

    def column_of(self, heading: str) -> str:
        return self.names.get(heading) or snake_case(heading)


@dataclass(frozen=True, kw_only=True)
class ShopTable(Table):
    """A table of the shop's database. `log` is its change log (extraction.<log>), which names rows by `logged_by`.

    Each load holds the rows that are new or changed, and those that were deleted, marked; of the rows with one `key`
    the one with the latest `changed_at` counts.
    """

    key: tuple[str, ...]
    log: str
    logged_by: str

    def added(self) -> dict[str, str]:
        return {"changed_at": "TIMESTAMP", "is_deleted": "BOOLEAN", **super().added()}


@dataclass(frozen=True, kw_only=True)
class SnapshotTable(Table):
    """A small table of Postgres, in `schema`, that is landed whole: the latest load replaces the one before."""

    schema: str


@dataclass(frozen=True, kw_only=True)
class TopicTable(Table):
    """The messages of a topic of Kafka; `topic` is the setting that names it."""

    topic: str

    def added(self) -> dict[str, str]:
        return {"kafka_partition": "INTEGER", "kafka_offset": "BIGINT", **super().added()}


@dataclass(frozen=True)
class CsvSource:
    """A folder of CSV files, or a prefix of a bucket: the source's name under VITRINE_CSV_FOLDER."""

    name: str
    tables: tuple[CsvTable, ...]


def snake_case(heading: str) -> str:
    """InvoiceNo, "Invoice no." and invoice_no: invoice_no."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", heading.strip())
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
