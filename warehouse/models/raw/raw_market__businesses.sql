{{ from_lake("market", "businesses") }}
