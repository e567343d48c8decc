select
    category_id,
    title as category
from {{ ref("raw_market__categories") }}
where true
qualify row_number() over (partition by category_id order by title) = 1
