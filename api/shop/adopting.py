"""Takes over a database whose tables were made by the runner of earlier releases.

That runner applied schema/*.sql once each and wrote their names into the table schema_migrations.
"""

from importlib.resources import files
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunSQL


class RunFile(RunSQL):
    """Runs a file of schema/, unless the earlier runner has done so."""

    reversible = False

    def __init__(self, name: str, state_operations: Any = None) -> None:  # noqa: ANN401 - Django's operations
        super().__init__((files("api.shop") / "schema" / name).read_text(), state_operations=state_operations)
        self._name = name

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,  # noqa: ANN401 - Django's state
        to_state: Any,  # noqa: ANN401
    ) -> None:
        if not _was_applied(schema_editor, self._name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


def _was_applied(schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")
        if cursor.fetchone() == (False,):
            return False
        cursor.execute("SELECT FROM schema_migrations WHERE name = %s", [name])
        return bool(cursor.rowcount)
