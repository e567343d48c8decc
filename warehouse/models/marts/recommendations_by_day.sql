with shown as (
    select * from {{ ref("stg_events__shown_products") }}
),

viewed as (
    select distinct
        shown.recommendation_id,
        shown.product_id
    from shown
    inner join {{ ref("stg_events__product_views") }} as views
        on shown.user_id = views.user_id
        and shown.product_id = views.product_id
        and views.viewed_at >= shown.shown_at
        and views.viewed_at <= {{ moved_time("shown.shown_at", "hour", var("shown_view_hours")) }}
),

ordered as (
    select distinct
        shown.recommendation_id,
        shown.product_id
    from shown
    inner join {{ ref("stg_shop__orders") }} as orders
        on shown.user_id = orders.user_id
        and orders.ordered_at >= shown.shown_at
        and orders.ordered_at <= {{ moved_time("shown.shown_at", "day", var("shown_order_days")) }}
    inner join {{ ref("stg_shop__order_items") }} as items
        on orders.order_id = items.order_id and shown.product_id = items.product_id
)

select
    cast(shown.shown_at as date) as date_day,
    shown.endpoint,
    shown.came_from,
    count(distinct shown.recommendation_id) as answers,
    count(*) as shown,
    count(shown.user_id) as shown_to_users,
    count(viewed.product_id) as viewed,
    count(ordered.product_id) as ordered,
    count(distinct case when shown.user_id is not null then shown.recommendation_id end) as answers_to_users,
    count(distinct viewed.recommendation_id) as answers_met,
    {{ ratio("count(distinct viewed.recommendation_id)",
        "count(distinct case when shown.user_id is not null then shown.recommendation_id end)") }} as hit_share,
    {{ ratio("count(viewed.product_id)", "count(shown.user_id)") }} as view_rate,
    {{ ratio("count(ordered.product_id)", "count(shown.user_id)") }} as order_rate
from shown
left join viewed on shown.recommendation_id = viewed.recommendation_id and shown.product_id = viewed.product_id
left join ordered on shown.recommendation_id = ordered.recommendation_id and shown.product_id = ordered.product_id
group by cast(shown.shown_at as date), shown.endpoint, shown.came_from
