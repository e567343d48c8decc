with seen as (
    select
        user_id,
        ordered_at as seen_at
    from {{ ref("stg_shop__orders") }}
    union all
    select
        user_id,
        viewed_at
    from {{ ref("stg_events__product_views") }}
)

select
    user_id as customer_id,
    min(seen_at) as first_seen_at,
    max(seen_at) as last_seen_at
from seen
group by user_id
