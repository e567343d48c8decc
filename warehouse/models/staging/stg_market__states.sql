select
    state_id,
    name as state,
    coalesce(region, 'unknown') as region
from {{ ref("raw_market__states") }}
where true
qualify row_number() over (partition by state_id order by name, region) = 1
