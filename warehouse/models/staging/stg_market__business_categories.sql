select distinct
    business_id,
    category_id
from {{ ref("raw_market__business_categories") }}
