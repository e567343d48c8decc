select
    business_id,
    name,
    state_id
from {{ ref("raw_market__businesses") }}
where true
qualify row_number() over (partition by business_id order by name, state_id) = 1
