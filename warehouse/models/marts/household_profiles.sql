select
    households.household_id,
    {{ profile_columns() }},
    stores.preferred_store_id,
    households.age,
    households.income,
    households.home_ownership,
    households.marital_status,
    households.household_size,
    households.household_composition,
    households.kids_count
from {{ ref("dim_household") }} as households
{{ profile_joins("completejourney", "households.household_id") }}
left join {{ ref("int_household_stores") }} as stores on households.household_id = stores.household_id
