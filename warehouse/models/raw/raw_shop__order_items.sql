{{ from_lake("shop", "order_items") }}
