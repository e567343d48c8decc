with events as (
    {{ shop_events("ProductAdded") }}
),

added as (
    {{ each_of(
        "events",
        ["message_id", "user_id", "occurred_at"],
        {"products": "product_id", "quantities": "quantity", "prices": "price"}
    ) }}
)

select
    message_id,
    user_id,
    product_id,
    quantity,
    {{ dbt.safe_cast("price", "numeric(10,2)") }} as price,
    occurred_at as added_at
from added
