{{ newest_rows("raw_shop__orders", ["order_id"], ["order_id", "user_id", "ordered_at", "changed_at"]) }}
