with events as (
    {{ shop_events("RecommendationClicked") }}
)

{{ each_of(
    "events",
    ["message_id", "user_id", "recommendation_id", "placement", "occurred_at as clicked_at"],
    {"products": "product_id"}
) }}
