with counts as (
    select
        cast(shown_at as date) as date_day,
        placement,
        came_from,
        model,
        count(distinct recommendation_id) as answers,
        count(*) as shown,
        count(seen_at) as seen,
        count(clicked_at) as clicked,
        count(added_at) as added,
        count(bought_at) as bought
    from {{ ref("attribution") }}
    group by cast(shown_at as date), placement, came_from, model
),

earned as (
    select
        cast(orders.ordered_at as date) as date_day,
        shown.placement,
        shown.came_from,
        shown.model,
        sum(case when orders.is_direct then orders.revenue else 0 end) as revenue_direct,
        sum(case when orders.is_direct then 0 else orders.revenue end) as revenue_influenced
    from {{ ref("attributed_orders") }} as orders
    inner join {{ ref("attribution") }} as shown
        on orders.recommendation_id = shown.recommendation_id and orders.product_id = shown.product_id
    group by cast(orders.ordered_at as date), shown.placement, shown.came_from, shown.model
),

sold as (
    select
        cast(ordered_at as date) as date_day,
        sum(revenue) as revenue_shop
    from {{ ref("stg_orders") }}
    group by cast(ordered_at as date)
)

select
    date_day,
    placement,
    came_from,
    model,
    coalesce(answers, 0) as answers,
    coalesce(shown, 0) as shown,
    coalesce(seen, 0) as seen,
    coalesce(clicked, 0) as clicked,
    coalesce(added, 0) as added,
    coalesce(bought, 0) as bought,
    {{ ratio("clicked", "shown") }} as click_rate,
    cast(coalesce(revenue_direct, 0) as numeric(24,2)) as revenue_direct,
    cast(coalesce(revenue_influenced, 0) as numeric(24,2)) as revenue_influenced,
    cast(coalesce(revenue_shop, 0) as numeric(24,2)) as revenue_shop,
    cast((coalesce(revenue_direct, 0) + coalesce(revenue_influenced, 0)) / nullif(revenue_shop, 0) as numeric(18,6)) as revenue_share
from counts
full outer join earned using (date_day, placement, came_from, model)
left join sold using (date_day)
