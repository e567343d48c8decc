{{ newest_rows("raw_shop__products", ["product_id"], ["product_id", "category_id", "name", "price", "created_at", "in_stock"]) }}
