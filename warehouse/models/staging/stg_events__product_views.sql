-- A message that came twice counts once. The id is one user's only.
select
    message_id,
    user_id,
    product_id,
    source as channel,
    viewed_at
from {{ ref("raw_events__product_views") }}
where true
qualify row_number() over (partition by user_id, message_id order by viewed_at) = 1
