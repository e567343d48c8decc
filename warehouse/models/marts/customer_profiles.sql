with sessions as (
    select
        customer_id,
        count(*) as sessions
    from {{ ref("sessions") }}
    group by customer_id
)

select
    customers.customer_id,
    {{ profile_columns() }},
    coalesce(viewed.views, 0) as views,
    coalesce(sessions.sessions, 0) as sessions,
    viewed.last_viewed_at,
    viewed.preferred_channel
from {{ ref("dim_customer") }} as customers
{{ profile_joins("shop", "customers.customer_id") }}
left join {{ ref("int_customer_views") }} as viewed on customers.customer_id = viewed.customer_id
left join sessions on customers.customer_id = sessions.customer_id
