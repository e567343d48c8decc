-- Those that have not closed for good.
select
    business_id,
    name,
    state_id
from {{ ref("raw_market__businesses") }}
where not coalesce(is_closed, false)
qualify row_number() over (partition by business_id order by name, state_id) = 1
