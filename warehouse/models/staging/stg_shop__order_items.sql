{{ newest_rows("raw_shop__order_items", ["order_id", "product_id"], ["order_id", "product_id", "quantity"]) }}
