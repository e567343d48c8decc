select distinct
    lower(region) as region_id,
    region
from {{ ref("stg_market__states") }}
