-- A message that came twice counts once.
with answers as (
    select *
    from {{ ref("raw_events__recommendations_shown") }}
    where true
    qualify row_number() over (partition by recommendation_id order by shown_at) = 1
),

shown as (
    {{ each_of(
        "answers",
        ["recommendation_id", "user_id", "endpoint", "placement", "experiment", "arm", "shown_at"],
        {"products": "product_id", "sources": "came_from"}
    ) }}
)

select
    recommendation_id,
    place,
    user_id,
    endpoint,
    placement,
    experiment,
    arm,
    product_id,
    coalesce(came_from, 'unknown') as came_from,
    shown_at
from shown
