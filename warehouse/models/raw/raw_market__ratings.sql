{{ from_lake("market", "ratings") }}
