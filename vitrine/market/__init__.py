"""The market around the shop: inhabitants, states and businesses, from REST APIs and a web page into Postgres.

What is fetched lies in the schema market_raw, as dlt writes it; dbt brings it from there into the tables of the schema
market (warehouse/market/), whose keys are Django's (api/market/).
"""

import os

# Read by dlt when it is imported: it would tell its makers of each run.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
