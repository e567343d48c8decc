{{ from_lake("market", "populations") }}
