-- The weekday on which each household or customer has most baskets; of equals the earlier in the week.
with counted as (
    select
        source,
        owner_id,
        {{ weekday("date_day") }} as weekday,
        {{ metric("baskets") }} as baskets
    from {{ ref("fct_order_line") }}
    where not is_return
    group by source, owner_id, {{ weekday("date_day") }}
)

select
    source,
    owner_id,
    {{ weekday_name("weekday") }} as preferred_weekday
from counted
where true
qualify row_number() over (partition by source, owner_id order by baskets desc, weekday) = 1
