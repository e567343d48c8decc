{{ from_lake("market", "states") }}
