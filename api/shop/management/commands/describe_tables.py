"""Writes the page of the tables in Postgres that are made by migrations: `manage.py describe_tables docs/tables.md`."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import BaseCommand
from django.db import connection
from django.db.models import Field, Model

from vitrine.diagrams import Column, Table, entity_relationships

_TOP = """\
# The tables in Postgres

`python manage.py describe_tables docs/tables.md` makes this page from the models. The marts, which are in Postgres too
once they are published, have [a page of their own](marts.md).
"""
_SECTIONS = {
    "shop": "## The shop\n\nOrders and what was ordered. Triggers note each change in the schema `extraction`.\n",
    "market": "## The market\n\nStates, counties, inhabitants and businesses, in the schema `market`.\n",
}


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("page", type=Path, help="such as docs/tables.md")

    def handle(self, *, page: Path, **_: Any) -> None:  # noqa: ANN401 - Django's options
        page.write_text(page_of_tables())


def page_of_tables() -> str:
    """In Markdown."""
    lines = [_TOP]
    for label, section in _SECTIONS.items():
        lines += [section, *entity_relationships(_tables(label)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _tables(label: str) -> Iterator[Table]:
    for model in apps.get_app_config(label).get_models():
        columns = tuple(_column(model, field) for field in model._meta.concrete_fields if field.column)
        yield Table(_name(model), columns)


def _column(model: type[Model], field: "Field[Any, Any]") -> Column:
    target = field.related_model
    return Column(
        str(field.column),
        # Mermaid takes one word.
        (field.db_type(connection) or "").partition("(")[0].split()[0],
        is_key=field in model._meta.pk_fields,
        target=_name(target) if isinstance(target, type) else "",
        is_null=field.null,
    )


def _name(model: type[Model]) -> str:
    """The table's, without the schema."""
    return model._meta.db_table.replace('"', "").rpartition(".")[2]
