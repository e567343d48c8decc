"""The market tables of Postgres into a lake, as they stand."""

from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.integration.lake.shop_database import execute
from tests.unit.vitrine.lake.reading import rows
from vitrine.lake import market
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.settings import ShopDatabaseSettings


def land(lake: Lake, database: ShopDatabaseSettings) -> dict[str, Landed]:
    with lake.alone():
        return {each.table: each for each in market.land(lake, database)}


def test_the_latest_state_of_a_table_replaces_the_one_before(
    lake: Lake, database: ShopDatabaseSettings, shop: Connection
) -> None:
    execute(
        shop,
        """
        INSERT INTO market.businesses (business_id, name, is_closed, last_seen_on)
            VALUES ('b-1', 'Tea', false, '2026-01-02');
        INSERT INTO market.ratings (business_id, day, rating, reviews)
            VALUES ('b-1', '2026-01-01', 4.5, 10), ('b-1', '2026-01-02', 4.25, 11);
        """,
    )
    assert land(lake, database)["ratings"].rows == 2
    assert land(lake, database)["ratings"].unchanged == 1
    execute(shop, "DELETE FROM market.ratings WHERE day = '2026-01-01'")
    assert land(lake, database)["ratings"].rows == 1
    assert [str(rating) for (rating,) in rows(lake, "market", "ratings", "rating")] == ["4.25"]


def test_tables_that_are_missing_are_said(lake: Lake, database: ShopDatabaseSettings, shop: Connection) -> None:
    execute(shop, "DROP SCHEMA market CASCADE")
    landed = land(lake, database)
    assert len(landed["categories"].failures) == 1
    assert "market.categories has no column category_id, title" in landed["categories"].failures[0]
