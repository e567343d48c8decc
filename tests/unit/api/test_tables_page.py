"""docs/tables.md, which shows the tables that migrations make."""

from api.shop.management.commands.describe_tables import page_of_tables
from vitrine.settings import PROJECT_FOLDER


def test_the_page_of_the_tables_is_up_to_date() -> None:
    page = (PROJECT_FOLDER / "docs" / "tables.md").read_text()
    assert page == page_of_tables(), "write it anew: python manage.py describe_tables docs/tables.md"
