-- A message that came twice counts once.
select
    recommendation_id,
    user_id,
    endpoint,
    placement,
    experiment,
    arm,
    coalesce({{ json_text("model", "$.generation") }}, 'none') as model_version,
    shown_at,
    {{ length_of("products") }} as products
from {{ ref("raw_events__recommendations_shown") }}
where true
qualify row_number() over (partition by recommendation_id order by shown_at) = 1
