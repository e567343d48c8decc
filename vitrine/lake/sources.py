"""The sources that are declared. A new one of CSV files is an entry here and nothing else."""

from vitrine.lake.declarations import CsvSource, CsvTable, Person, ShopTable, SnapshotTable, Table, TopicTable

# Money is US dollars; quantity is written as 1.0.
_MONEY = "DECIMAL(12,2)"

COMPLETEJOURNEY = CsvSource(
    "completejourney",
    (
        CsvTable(
            "transactions",
            files="transactions*.csv*",
            columns={
                "household_id": "VARCHAR NOT NULL",
                "store_id": "VARCHAR",
                "basket_id": "VARCHAR NOT NULL",
                # Not for a sniffer to decide: one id is written 9e+05.
                "product_id": "VARCHAR NOT NULL",
                "quantity": "BIGINT NOT NULL",
                "sales_value": _MONEY,
                "retail_disc": _MONEY,
                "coupon_disc": _MONEY,
                "coupon_match_disc": _MONEY,
                "week": "INTEGER",
                "transaction_timestamp": "TIMESTAMP NOT NULL",
            },
            time="transaction_timestamp",
            person=Person("household", "household_id"),
        ),
        CsvTable(
            "products",
            files="products*.csv*",
            columns={
                "product_id": "VARCHAR NOT NULL",
                "manufacturer_id": "VARCHAR",
                "department": "VARCHAR",
                "brand": "VARCHAR",
                "product_category": "VARCHAR",
                "product_type": "VARCHAR",
                "package_size": "VARCHAR",
            },
        ),
        CsvTable(
            "households",
            files="demographics*.csv*",
            columns={
                "household_id": "VARCHAR NOT NULL",
                "age": "VARCHAR",
                "income": "VARCHAR",
                "home_ownership": "VARCHAR",
                "marital_status": "VARCHAR",
                "household_size": "VARCHAR",
                "household_comp": "VARCHAR",
                "kids_count": "VARCHAR",
            },
            person=Person("household", "household_id"),
        ),
    ),
)

ONLINE_RETAIL = CsvSource(
    "online_retail",
    (
        CsvTable(
            "transactions",
            files="transactions*.csv*",
            columns={
                "invoice_no": "VARCHAR NOT NULL",
                "stock_code": "VARCHAR NOT NULL",
                "quantity": "BIGINT NOT NULL",
                # The shop's local time.
                "invoice_date": "TIMESTAMP NOT NULL",
                # Some are given in tenths of a penny.
                "unit_price": "DECIMAL(12,3)",
                "customer_id": "VARCHAR",
                "country": "VARCHAR",
            },
            time="invoice_date",
            person=Person("customer", "customer_id"),
        ),
        CsvTable(
            "products",
            files="products*.csv*",
            columns={"stock_code": "VARCHAR NOT NULL", "description": "VARCHAR"},
        ),
    ),
)

_ORDER_LOG = {"log": "order_changes", "logged_by": "order_id"}

SHOP = "shop"
SHOP_TABLES = (
    ShopTable(
        "products",
        {
            "product_id": "VARCHAR NOT NULL",
            "category_id": "VARCHAR NOT NULL",
            "name": "VARCHAR NOT NULL",
            "price": "DECIMAL(12,2) NOT NULL",
            "created_at": "TIMESTAMP NOT NULL",
            "in_stock": "BOOLEAN NOT NULL",
        },
        key=("product_id",),
        log="product_changes",
        logged_by="product_id",
    ),
    ShopTable(
        "orders",
        {"order_id": "VARCHAR NOT NULL", "user_id": "VARCHAR NOT NULL", "ordered_at": "TIMESTAMP NOT NULL"},
        time="ordered_at",
        person=Person("user", "user_id"),
        key=("order_id",),
        **_ORDER_LOG,
    ),
    ShopTable(
        "order_items",
        {"order_id": "VARCHAR NOT NULL", "product_id": "VARCHAR NOT NULL", "quantity": "BIGINT NOT NULL"},
        person=Person("user", "order_id", through="orders", time="ordered_at"),
        key=("order_id", "product_id"),
        **_ORDER_LOG,
    ),
)

EVENTS = "events"
PRODUCT_VIEWS = TopicTable(
    "product_views",
    {
        "message_id": "VARCHAR NOT NULL",
        "user_id": "VARCHAR NOT NULL",
        "product_id": "VARCHAR NOT NULL",
        "source": "VARCHAR NOT NULL",
        "viewed_at": "TIMESTAMP NOT NULL",
    },
    time="viewed_at",
    person=Person("user", "user_id"),
    topic="views_topic",
)
RECOMMENDATIONS_SHOWN = TopicTable(
    "recommendations_shown",
    {
        "recommendation_id": "VARCHAR NOT NULL",
        "user_id": "VARCHAR",
        "endpoint": "VARCHAR NOT NULL",
        "products": "VARCHAR[] NOT NULL",
        "sources": "VARCHAR[] NOT NULL",
        "model": "VARCHAR",
        "placement": "VARCHAR",
        "experiment": "VARCHAR",
        "arm": "VARCHAR",
        "shown_at": "TIMESTAMP NOT NULL",
    },
    time="shown_at",
    person=Person("user", "user_id"),
    topic="shown_topic",
)
# Every kind in one table: `products`, and of carts and orders `quantities` and `prices`, are one list each.
SHOP_EVENTS = TopicTable(
    "shop_events",
    {
        "message_id": "VARCHAR NOT NULL",
        "user_id": "VARCHAR NOT NULL",
        "event": "VARCHAR NOT NULL",
        "products": "VARCHAR[] NOT NULL",
        "quantities": "BIGINT[] NOT NULL",
        "prices": "DOUBLE[] NOT NULL",
        "order_id": "VARCHAR",
        "recommendation_id": "VARCHAR",
        "placement": "VARCHAR",
        "query": "VARCHAR",
        "source": "VARCHAR NOT NULL",
        "occurred_at": "TIMESTAMP NOT NULL",
    },
    time="occurred_at",
    person=Person("user", "user_id"),
    topic="shop_events_topic",
)
# Out of Cassandra, landed whole: from when to when a visitor was identified as a customer.
IDENTITIES = Table(
    "identities",
    {
        "visitor_id": "VARCHAR NOT NULL",
        "user_id": "VARCHAR NOT NULL",
        "first_at": "TIMESTAMP NOT NULL",
        "last_at": "TIMESTAMP NOT NULL",
    },
    time="last_at",
    person=Person("user", "user_id", also="visitor_id"),
)
EVENT_TABLES = (PRODUCT_VIEWS, RECOMMENDATIONS_SHOWN, SHOP_EVENTS, IDENTITIES)

MARKET = "market"
MARKET_TABLES = tuple(
    SnapshotTable(name, columns, schema="market")
    for name, columns in {
        "states": {
            "state_id": "VARCHAR NOT NULL",
            "fips": "VARCHAR",
            "name": "VARCHAR",
            "region": "VARCHAR",
            "division": "VARCHAR",
            "capital": "VARCHAR",
        },
        "counties": {"county_id": "VARCHAR NOT NULL", "state_id": "VARCHAR", "name": "VARCHAR"},
        "populations": {
            "population_id": "VARCHAR NOT NULL",
            "state_id": "VARCHAR",
            "county_id": "VARCHAR",
            "year": "INTEGER",
            "population": "BIGINT",
        },
        "categories": {"category_id": "VARCHAR NOT NULL", "title": "VARCHAR"},
        "businesses": {
            "business_id": "VARCHAR NOT NULL",
            "name": "VARCHAR",
            "state_id": "VARCHAR",
            "city": "VARCHAR",
            "zip_code": "VARCHAR",
            "latitude": "DOUBLE",
            "longitude": "DOUBLE",
            "price": "VARCHAR",
            "phone": "VARCHAR",
            "is_closed": "BOOLEAN",
            "last_seen_on": "DATE",
        },
        "business_categories": {"business_id": "VARCHAR NOT NULL", "category_id": "VARCHAR NOT NULL"},
        "ratings": {
            "business_id": "VARCHAR NOT NULL",
            "day": "DATE NOT NULL",
            "rating": "DECIMAL(3,2)",
            "reviews": "INTEGER",
        },
    }.items()
)

CSV_SOURCES = {source.name: source for source in (COMPLETEJOURNEY, ONLINE_RETAIL)}
