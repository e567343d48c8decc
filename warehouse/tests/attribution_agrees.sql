-- Each product of each answer is counted once, and each credited line stands with the product that it is credited to.
with counted as (
    select
        (select count(*) from {{ ref("attribution") }}) as shown,
        (select coalesce(sum(revenue_direct + revenue_influenced), 0) from {{ ref("attribution") }}) as revenue
),

expected as (
    select
        (
            select count(*) from (select distinct recommendation_id, product_id from {{ ref("stg_events__shown_products") }})
        ) as shown,
        (select coalesce(sum(revenue), 0) from {{ ref("attributed_orders") }}) as revenue
)

select
    counted.shown,
    expected.shown as shown_expected,
    counted.revenue,
    expected.revenue as revenue_expected
from counted
cross join expected
where counted.shown <> expected.shown or counted.revenue <> expected.revenue
