with sold as (
    select
        lines.product_key,
        max(lines.ordered_at) as last_sold_at,
        cast(sum(case
            when lines.date_day > {{ moved("newest_day", "day", -30) }} then lines.quantity else 0
        end) as int64) as quantity_30_days,
        cast(sum(case
            when lines.date_day > {{ moved("newest_day", "day", -60) }}
                and lines.date_day <= {{ moved("newest_day", "day", -30) }} then lines.quantity
            else 0
        end) as int64) as quantity_30_days_before
    from {{ ref("fct_order_line") }} as lines
    inner join {{ ref("int_newest_day") }} as newest on lines.source = newest.source
    where not lines.is_return
    group by lines.product_key
),

judged as (
    select
        products.product_key,
        products.source,
        products.product_id,
        products.name,
        products.category,
        case
            when not products.in_stock then 'sold out'
            when products.source = 'shop' and sold.product_key is null then 'never sold'
            when quantity_30_days_before >= {{ var("slow_minimum_quantity") }}
                and quantity_30_days * 2 <= quantity_30_days_before then 'slow'
        end as status,
        last_sold_at,
        coalesce(quantity_30_days, 0) as quantity_30_days,
        coalesce(quantity_30_days_before, 0) as quantity_30_days_before
    from {{ ref("int_products") }} as products
    left join sold on products.product_key = sold.product_key
)

select
    product_key,
    judged.source,
    product_id,
    name,
    category,
    status,
    last_sold_at,
    {{ dbt.datediff("cast(last_sold_at as date)", "newest_day", "day") }} as days_since_sale,
    quantity_30_days,
    quantity_30_days_before
from judged
left join {{ ref("int_newest_day") }} as newest on judged.source = newest.source
where status is not null
