-- Lines of orders, whether the shop's database or its events tell of them. Of an order that both have, the database's lines
-- count: no browser's word changes them, and an order that was taken back there stays out.
with lines as (
    select
        'shop' as source,
        orders.user_id,
        items.order_id,
        items.product_id,
        items.quantity,
        cast(null as numeric(10,2)) as price,
        orders.ordered_at
    from {{ ref("stg_shop__order_items") }} as items
    inner join {{ ref("stg_shop__orders") }} as orders on items.order_id = orders.order_id
    union all
    select
        'events' as source,
        user_id,
        order_id,
        product_id,
        quantity,
        price,
        ordered_at
    from {{ ref("stg_events__order_lines") }}
    where order_id not in (select order_id from {{ ref("raw_shop__orders") }})
)

select
    lines.source,
    lines.user_id,
    lines.order_id,
    lines.product_id,
    lines.quantity,
    cast(lines.quantity * coalesce(lines.price, products.price, 0) as numeric(20,2)) as revenue,
    lines.ordered_at
from lines
left join {{ ref("stg_shop__products") }} as products on lines.product_id = products.product_id
where lines.quantity > 0
