{{ from_lake("shop", "orders") }}
