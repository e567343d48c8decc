select
    stock_code as product_id,
    trim(description) as name
from {{ ref("raw_online_retail__products") }}
where true
qualify row_number() over (partition by stock_code order by description) = 1
