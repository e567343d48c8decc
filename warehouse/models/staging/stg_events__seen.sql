-- However often a product of an answer came into view: the first time counts, of each who saw it.
with events as (
    {{ shop_events("RecommendationsShown") }}
),

seen as (
    {{ each_of(
        "events",
        ["user_id", "recommendation_id", "placement", "occurred_at"],
        {"products": "product_id"}
    ) }}
)

select
    recommendation_id,
    product_id,
    user_id,
    placement,
    occurred_at as seen_at
from seen
where true
qualify row_number() over (partition by recommendation_id, product_id, user_id order by occurred_at) = 1
