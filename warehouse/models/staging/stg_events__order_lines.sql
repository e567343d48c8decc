-- An order that came again, under another message's id, counts once: as it came first. A product that stands in it twice is
-- one line. A price that none can be is as one that was not said.
with events as (
    {{ shop_events("OrderCompleted") }}
),

orders as (
    select *
    from events
    where true
    qualify row_number() over (partition by order_id order by occurred_at, message_id) = 1
),

items as (
    {{ each_of(
        "orders",
        ["order_id", "user_id", "occurred_at"],
        {"products": "product_id", "quantities": "quantity", "prices": "price"}
    ) }}
),

lines as (
    select
        order_id,
        user_id,
        occurred_at,
        product_id,
        quantity,
        {{ dbt.safe_cast("price", "numeric(10,2)") }} as price
    from items
)

select
    order_id,
    product_id,
    min(user_id) as user_id,
    cast(sum(quantity) as int64) as quantity,
    -- Of a piece, on average.
    cast(sum(quantity * price) / nullif(sum(case when price is not null then quantity end), 0) as numeric(10,2)) as price,
    min(occurred_at) as ordered_at
from lines
group by order_id, product_id
