"""The page that describes the marts: a diagram of how they hang together, and their columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vitrine.analytics.checks import key_of
from vitrine.analytics.publishing import SCHEMA
from vitrine.diagrams import Column, Table, entity_relationships

_TOP = """\
# The marts

`python -m vitrine.analytics describe docs/marts.md` makes this page from `warehouse/models/marts/`. Keys are **bold**,
times in UTC. The marts are published to Postgres (schema `marts`); `fct_order_line` stays in the warehouse.
"""


def page_of_marts(manifest: Mapping[str, Any]) -> str:
    """In Markdown, with the diagram in Mermaid, which GitHub draws."""
    marts = sorted(
        (node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == SCHEMA),
        key=lambda node: str(node["name"]),
    )
    lines = [_TOP, *entity_relationships(_tables(marts, manifest))]
    for mart in marts:
        lines += ["", f"## {mart['name']}", "", mart["description"], "", *_table(mart)]
    return "\n".join(lines) + "\n"


def _tables(marts: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any]) -> Iterator[Table]:
    """The columns of keys and foreign keys alone: all of them would fill a wall."""
    targets = {(name, column): target for name, column, target in _links(manifest)}
    for mart in marts:
        columns = [
            Column(
                name,
                column["data_type"].partition("(")[0],
                is_key=name in key_of(mart),
                target=targets.get((mart["name"], name), ""),
            )
            for name, column in mart["columns"].items()
        ]
        yield Table(mart["name"], tuple(column for column in columns if column.is_key or column.target))


def _links(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(mart, column, the mart whose key it is), as the tests of relationships say."""
    nodes = manifest["nodes"]
    for node in nodes.values():
        if (node.get("test_metadata") or {}).get("name") == "relationships":
            own = nodes[node["attached_node"]]
            target = next(each for each in node["depends_on"]["nodes"] if _is_target(node, nodes[each]))
            yield own["name"], node["column_name"], nodes[target]["name"]


def _is_target(node: Mapping[str, Any], candidate: Mapping[str, Any]) -> bool:
    return f"'{candidate['name']}'" in node["test_metadata"]["kwargs"]["to"]


def _table(mart: Mapping[str, Any]) -> Iterator[str]:
    yield "| column | type | |"
    yield "| --- | --- | --- |"
    for name, column in mart["columns"].items():
        shown = f"**{name}**" if name in key_of(mart) else name
        yield f"| {shown} | {column['data_type']} | {column['description']} |"
