{{ from_lake("events", "product_views") }}
