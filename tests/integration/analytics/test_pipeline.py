"""`make pipeline` where sources cannot be landed, or have not been yet."""

from pathlib import Path
from uuid import uuid4

from tests.integration.analytics.running import Analytics


def test_a_source_that_cannot_be_landed_does_not_keep_the_others_from_the_marts(analytics: Analytics) -> None:
    """The shop has other columns, and the list of the loads of events cannot be read; the rest is published."""
    with analytics.connection() as connection, connection, connection.cursor() as cursor:
        for column in ("products RENAME name", "orders RENAME user_id", "order_items RENAME quantity"):
            cursor.execute(f"ALTER TABLE {column} TO other")
    done = analytics.attempt("pipeline")
    assert done.returncode == 1
    assert "shop.orders: it has no column" in done.stderr
    assert "vitrine.lake: events" in done.stderr
    assert '"step": "publish"' in done.stdout
    assert analytics.in_postgres("SELECT count(*) > 0 FROM marts.customer_profiles") == [(True,)]


def test_where_nothing_has_landed_yet_nothing_is_published_and_nothing_fails(
    postgres_port: int, tmp_path: Path
) -> None:
    """As where the warehouse is built before the shop's first landing."""
    empty = Analytics(tmp_path, postgres_port, f"shop_{uuid4().hex}")
    empty.make_database()
    assert empty.run("run") == {"step": "publish", "nothing_landed": True}
    assert empty.in_postgres("SELECT count(*) FROM quality.runs") == [(0,)]
