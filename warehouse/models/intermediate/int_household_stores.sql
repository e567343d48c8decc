-- The store in which each household has most baskets; of equals the first by id.
with counted as (
    select
        household_id,
        store_id,
        {{ metric("baskets") }} as baskets
    from {{ ref("fct_order_line") }}
    where not is_return and household_id is not null and store_id is not null
    group by household_id, store_id
)

select
    household_id,
    store_id as preferred_store_id
from counted
where true
qualify row_number() over (partition by household_id order by baskets desc, store_id) = 1
