with buyers as (
    select distinct household_id
    from {{ ref("stg_completejourney__transactions") }}
)

select
    household_id,
    age,
    income,
    home_ownership,
    marital_status,
    household_size,
    household_composition,
    kids_count,
    known.household_id is not null as has_demographics
from buyers
full outer join {{ ref("stg_completejourney__households") }} as known using (household_id)
