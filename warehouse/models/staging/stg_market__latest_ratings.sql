-- A business's newest rating.
select
    business_id,
    rating,
    reviews
from {{ ref("raw_market__ratings") }}
where true
qualify row_number() over (partition by business_id order by day desc, reviews desc) = 1
