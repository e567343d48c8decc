with completejourney as (
    select
        'completejourney' as source,
        'household' as owner_kind,
        household_id as owner_id,
        household_id,
        cast(null as string) as customer_id,
        basket_id,
        store_id,
        product_id,
        ordered_at,
        quantity,
        cast(spend as numeric(14,2)) as spend,
        cast(discount as numeric(14,2)) as discount
    from {{ ref("stg_completejourney__transactions") }}
),

shop as (
    select
        'shop' as source,
        'customer' as owner_kind,
        orders.user_id as owner_id,
        cast(null as string) as household_id,
        orders.user_id as customer_id,
        items.order_id as basket_id,
        cast(null as string) as store_id,
        items.product_id,
        orders.ordered_at,
        items.quantity,
        cast(items.quantity * coalesce(products.price, 0) as numeric(14,2)) as spend,
        cast(0 as numeric(14,2)) as discount
    from {{ ref("stg_shop__order_items") }} as items
    inner join {{ ref("stg_shop__orders") }} as orders on items.order_id = orders.order_id
    left join {{ ref("stg_shop__products") }} as products on items.product_id = products.product_id
),

lines as (
    select * from completejourney
    union all
    select * from shop
)

select
    -- Lines of one basket and product that differ in anything else are two lines.
    {{ fingerprint([
        "lines.source", "basket_id", "lines.product_id", "owner_id", "store_id", "ordered_at", "quantity", "spend", "discount"
    ]) }} as line_id,
    lines.source,
    owner_kind,
    owner_id,
    household_id,
    customer_id,
    basket_id,
    store_id,
    products.product_key,
    products.category_key,
    ordered_at,
    cast(ordered_at as date) as date_day,
    quantity,
    spend,
    discount,
    quantity <= 0 as is_return
from lines
inner join {{ ref("int_products") }} as products
    on lines.source = products.source and lines.product_id = products.product_id
