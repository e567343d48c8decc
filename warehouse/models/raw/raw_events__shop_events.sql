{{ from_lake("events", "shop_events") }}
