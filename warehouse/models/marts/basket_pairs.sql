with bought as (
    select distinct
        source,
        basket_id,
        product_key
    from {{ ref("fct_order_line") }}
    where not is_return
),

totals as (
    select
        source,
        count(distinct basket_id) as baskets_total
    from bought
    group by source
),

-- Only what is in enough baskets can be in enough of them together.
frequent as (
    select
        product_key,
        count(*) as baskets
    from bought
    group by product_key
    having count(*) >= {{ var("pair_minimum_baskets") }}
),

candidates as (
    select bought.*
    from bought
    inner join frequent on bought.product_key = frequent.product_key
),

-- Each pair once, which is half the work, and then the other way round.
counted as (
    select
        one.source,
        one.product_key,
        other.product_key as other_product_key,
        count(*) as baskets_together
    from candidates as one
    inner join candidates as other
        on one.source = other.source and one.basket_id = other.basket_id and one.product_key < other.product_key
    group by one.source, one.product_key, other.product_key
    having count(*) >= {{ var("pair_minimum_baskets") }}
),

pairs as (
    select * from counted
    union all
    select
        source,
        other_product_key,
        product_key,
        baskets_together
    from counted
)

select
    pairs.product_key,
    pairs.other_product_key,
    pairs.source,
    products.product_id,
    others.product_id as other_product_id,
    products.name as product_name,
    others.name as other_product_name,
    pairs.baskets_together,
    one.baskets as baskets_product,
    other.baskets as baskets_other,
    totals.baskets_total,
    {{ ratio("pairs.baskets_together", "totals.baskets_total") }} as support,
    {{ ratio("pairs.baskets_together", "one.baskets") }} as confidence,
    cast(
        cast(pairs.baskets_together as numeric(18,0)) * totals.baskets_total / (one.baskets * other.baskets) as numeric(18,6)
    ) as lift
from pairs
inner join totals on pairs.source = totals.source
inner join frequent as one on pairs.product_key = one.product_key
inner join frequent as other on pairs.other_product_key = other.product_key
inner join {{ ref("dim_product") }} as products on pairs.product_key = products.product_key
inner join {{ ref("dim_product") }} as others on pairs.other_product_key = others.product_key
