select
    household_id,
    age,
    income,
    home_ownership,
    marital_status,
    household_size,
    household_comp as household_composition,
    kids_count
from {{ ref("raw_completejourney__households") }}
where true
qualify row_number() over (partition by household_id order by age, income, household_comp) = 1
