with stepped as (
    select
        *,
        lag(viewed_at) over (partition by user_id order by viewed_at, message_id) as viewed_before
    from {{ ref("stg_events__product_views") }}
),

numbered as (
    select
        *,
        sum(case
            when viewed_before is null or viewed_at > {{ moved_time("viewed_before", "minute", var("session_minutes")) }} then 1
            else 0
        end) over (partition by user_id order by viewed_at, message_id rows unbounded preceding) as number
    from stepped
),

sessions as (
    select
        user_id,
        number,
        min(viewed_at) as started_at,
        max(viewed_at) as ended_at,
        count(*) as views,
        count(distinct product_id) as products
    from numbered
    group by user_id, number
),

first_views as (
    select
        user_id,
        number,
        channel
    from numbered
    where true
    qualify row_number() over (partition by user_id, number order by viewed_at, message_id) = 1
),

ordering as (
    select distinct
        sessions.user_id,
        sessions.number
    from sessions
    inner join {{ ref("stg_shop__orders") }} as orders
        on sessions.user_id = orders.user_id
        and orders.ordered_at >= sessions.started_at
        and orders.ordered_at <= {{ moved_time("sessions.ended_at", "minute", var("session_minutes")) }}
)

select
    {{ dbt.concat(["sessions.user_id", "':'", "cast(cast(sessions.number as int64) as string)"]) }} as session_id,
    sessions.user_id as customer_id,
    started_at,
    ended_at,
    cast(started_at as date) as date_day,
    channel,
    views,
    products,
    {{ dbt.datediff("started_at", "ended_at", "second") }} as seconds,
    ordering.user_id is not null as ordered
from sessions
inner join first_views on sessions.user_id = first_views.user_id and sessions.number = first_views.number
left join ordering on sessions.user_id = ordering.user_id and sessions.number = ordering.number
