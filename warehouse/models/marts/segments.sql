with profiles as (
    select
        'completejourney' as source,
        'household' as owner_kind,
        segment,
        value_class,
        baskets,
        spend,
        recency_days
    from {{ ref("household_profiles") }}
    union all
    select
        'shop',
        'customer',
        segment,
        value_class,
        baskets,
        spend,
        recency_days
    from {{ ref("customer_profiles") }}
)

select
    source,
    owner_kind,
    segment,
    value_class,
    count(*) as owners,
    cast(sum(baskets) as int64) as baskets,
    cast(sum(spend) as numeric(14,2)) as spend,
    cast(avg(recency_days) as numeric(18,6)) as average_recency_days
from profiles
group by source, owner_kind, segment, value_class
