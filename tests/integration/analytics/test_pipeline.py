"""`make pipeline` where sources cannot be landed."""

from tests.integration.analytics.running import Analytics


def test_a_source_that_cannot_be_landed_does_not_keep_the_others_from_the_marts(analytics: Analytics) -> None:
    """This Postgres is not a shop's, and the list of the loads of events cannot be read; the rest is published."""
    done = analytics.attempt("pipeline")
    assert done.returncode == 1
    assert "shop.orders: it has no column" in done.stderr
    assert "vitrine.lake: events" in done.stderr
    assert '"step": "publish"' in done.stdout
    assert analytics.in_postgres("SELECT count(*) > 0 FROM marts.customer_profiles") == [(True,)]
