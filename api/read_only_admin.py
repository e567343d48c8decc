"""Pages of the admin on which everything can be seen and nothing changed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class ReadOnlyAdmin(admin.ModelAdmin):
    """For what is written by others: a pipeline, or the shop itself."""

    # Counting all rows takes longer than the page.
    show_full_result_count = False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


def table(headings: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> SafeString:
    """Rows that belong to what a page shows. Django's inlines know no keys of two columns."""
    cells = [(format_html_join("", "<td>{}</td>", ((value,) for value in row)),) for row in rows]
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        format_html_join("", "<th>{}</th>", ((heading,) for heading in headings)),
        format_html_join("", "<tr>{}</tr>", cells),
    )
