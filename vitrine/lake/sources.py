"""The sources that are declared. A new one of CSV files is an entry here and nothing else."""

from vitrine.lake.declarations import CsvSource, CsvTable, Person

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

CSV_SOURCES = {source.name: source for source in (COMPLETEJOURNEY, ONLINE_RETAIL)}
