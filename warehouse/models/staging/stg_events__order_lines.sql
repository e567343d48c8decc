-- An order that came again, under another message's id, counts once: as it came first. A product that stands in it twice is
-- one line of both.
with events as (
    {{ shop_events("OrderCompleted") }}
),

orders as (
    select *
    from events
    where true
    qualify row_number() over (partition by order_id order by occurred_at, message_id) = 1
),

lines as (
    {{ each_of(
        "orders",
        ["order_id", "user_id", "occurred_at"],
        {"products": "product_id", "quantities": "quantity", "prices": "price"}
    ) }}
)

select
    order_id,
    product_id,
    min(user_id) as user_id,
    cast(sum(quantity) as int64) as quantity,
    -- Of a piece, on average; empty where no price was said.
    cast(sum(quantity * price) / nullif(sum(case when price is not null then quantity end), 0) as numeric(14,2)) as price,
    min(occurred_at) as ordered_at
from lines
group by order_id, product_id
