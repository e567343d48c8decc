{{ from_lake("shop", "products") }}
