{{ from_lake("market", "categories") }}
