with first_views as (
    select
        user_id,
        product_id,
        channel,
        message_id,
        viewed_at,
        {{ moved_time("viewed_at", "day", var("funnel_days")) }} as until
    from {{ ref("stg_events__product_views") }}
    where true
    qualify row_number() over (partition by user_id, product_id order by viewed_at, message_id) = 1
),

again as (
    select distinct
        first_views.user_id,
        first_views.product_id
    from first_views
    inner join {{ ref("stg_events__product_views") }} as views
        on first_views.user_id = views.user_id
        and first_views.product_id = views.product_id
        and first_views.message_id <> views.message_id
        and views.viewed_at <= first_views.until
),

ordered as (
    select distinct
        first_views.user_id,
        first_views.product_id
    from first_views
    inner join {{ ref("stg_shop__orders") }} as orders
        on first_views.user_id = orders.user_id
        and orders.ordered_at >= first_views.viewed_at
        and orders.ordered_at <= first_views.until
    inner join {{ ref("stg_shop__order_items") }} as items
        on orders.order_id = items.order_id and first_views.product_id = items.product_id
)

select
    cast(viewed_at as date) as date_day,
    channel,
    count(distinct first_views.user_id) as viewers,
    count(*) as viewed,
    count(again.product_id) as viewed_again,
    count(ordered.product_id) as ordered,
    count(distinct ordered.user_id) as buyers,
    {{ ratio("count(ordered.product_id)", "count(*)") }} as order_rate
from first_views
left join again on first_views.user_id = again.user_id and first_views.product_id = again.product_id
left join ordered on first_views.user_id = ordered.user_id and first_views.product_id = ordered.product_id
group by cast(viewed_at as date), channel
