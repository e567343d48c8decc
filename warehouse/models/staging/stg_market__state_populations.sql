-- As last counted.
select
    state_id,
    population
from {{ ref("raw_market__populations") }}
where county_id is null
qualify row_number() over (partition by state_id order by year desc, population desc) = 1
