{{ from_lake("online_retail", "transactions") }}
