"""How tables hang together, as a diagram in Mermaid, which GitHub draws."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column as the diagram shows it; `is_null` is of a foreign key that may be empty."""

    name: str
    type: str
    is_key: bool = False
    target: str = ""
    is_null: bool = False


@dataclass(frozen=True)
class Table:
    """`columns` are those to show; one with a `target` is a foreign key to the table of that name."""

    name: str
    columns: tuple[Column, ...]


def entity_relationships(tables: Iterable[Table]) -> Iterator[str]:
    """The lines of a fenced block. `||--o{` is one to many, `|o--o{` none or one to many."""
    links = []
    yield "```mermaid"
    yield "erDiagram"
    for table in tables:
        yield f"    {table.name} {{"
        for column in table.columns:
            marks = [mark for mark, is_so in (("PK", column.is_key), ("FK", column.target)) if is_so]
            yield f"        {column.type} {column.name} {', '.join(marks)}".rstrip()
            if column.target:
                one = "|o" if column.is_null else "||"
                links.append(f"    {column.target} {one}--o{{ {table.name} : {column.name}")
        yield "    }"
    yield from links
    yield "```"
