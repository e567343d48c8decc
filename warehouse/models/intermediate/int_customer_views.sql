-- What each customer viewed, in numbers, and where most.
with counted as (
    select
        user_id,
        channel,
        count(*) as views,
        max(viewed_at) as last_viewed_at
    from {{ ref("stg_events__product_views") }}
    group by user_id, channel
)

select
    user_id as customer_id,
    channel as preferred_channel,
    cast(sum(views) over (partition by user_id) as int64) as views,
    max(last_viewed_at) over (partition by user_id) as last_viewed_at
from counted
where true
qualify row_number() over (partition by user_id order by views desc, channel) = 1
