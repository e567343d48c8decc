"""One person erased: no byte of them is left in the warehouse, nor a row in Postgres."""

import pytest

from tests.integration.analytics.running import Analytics
from tests.integration.analytics.test_publishing import publish_all
from vitrine.analytics.erasing import erase_from_postgres, erase_from_warehouse

# In the made-up shop this one orders and views, and no other id begins so.
PERSON = "user-1"
ELSEWHERE = "somebody-to-be-erased"


@pytest.fixture
def with_person(analytics: Analytics) -> Analytics:
    """The person under a name that stands nowhere else."""
    changed = []
    for schema, table, column in analytics.in_warehouse(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_catalog, table_schema, table_name) WHERE table_type = 'BASE TABLE'"
        " AND column_name IN ('user_id', 'customer_id', 'owner_id', 'session_id', 'line_id')"
    ):
        changed.append(
            f"UPDATE {schema}.{table} SET {column} = replace({column} || ':', '{PERSON}:', '{ELSEWHERE}:')"
            f" WHERE {column} || ':' LIKE '%{PERSON}:%'"
        )
    analytics.change("; ".join(changed))
    return analytics


def test_no_byte_is_left_in_the_warehouse(with_person: Analytics) -> None:
    lines = with_person.in_warehouse("SELECT count(*) FROM marts.fct_order_line")[0][0]
    assert ELSEWHERE.encode() in with_person.warehouse_file.read_bytes()
    assert erase_from_warehouse(with_person.warehouse_file, "user", f"{ELSEWHERE}:") > 10
    for file in with_person.folder.glob("warehouse.duckdb*"):
        assert file.is_dir() or ELSEWHERE.encode() not in file.read_bytes()
    kept = with_person.in_warehouse("SELECT count(*) FROM marts.fct_order_line")[0][0]
    assert 0 < kept < lines
    assert with_person.in_warehouse("SELECT count(*) FROM staging.stg_shop__order_items") == [(kept,)]


def test_no_row_is_left_in_postgres(analytics: Analytics) -> None:
    publish_all(analytics)
    profiles = analytics.in_postgres("SELECT count(*) FROM marts.customer_profiles")[0][0]
    assert erase_from_postgres(analytics.settings, "user", PERSON) > 10
    for mart, column in (
        ("customer_profiles", "customer_id"),
        ("sessions", "customer_id"),
        ("recommendations", "owner_id"),
    ):
        assert analytics.in_postgres(f"SELECT count(*) FROM marts.{mart} WHERE {column} = '{PERSON}'") == [(0,)]
    assert analytics.in_postgres("SELECT count(*) FROM marts.customer_profiles") == [(profiles - 1,)]
    assert erase_from_postgres(analytics.settings, "user", PERSON) == 0
