select
    states.state_id,
    states.state,
    lower(states.region) as region_id,
    populations.population
from {{ ref("stg_market__states") }} as states
left join {{ ref("stg_market__state_populations") }} as populations on states.state_id = populations.state_id
