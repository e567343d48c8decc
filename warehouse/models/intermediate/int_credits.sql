{{ config(tags=["attribution"]) }}
-- Which answer an addition to a cart or a line of an order is credited to, of the answers that are to be counted: the one that
-- showed the product to the person and was clicked last, else the one that was shown last. To one at most.
select
    outcomes.kind,
    outcomes.outcome_id,
    outcomes.product_id,
    outcomes.user_id,
    touches.person_id,
    touches.recommendation_id,
    touches.is_click,
    outcomes.revenue,
    outcomes.occurred_at
from {{ ref("int_touches") }} as touches
inner join {{ ref("int_outcomes") }} as outcomes
    on touches.person_id = outcomes.person_id and touches.product_id = outcomes.product_id
where outcomes.kind <> 'viewed'
    and outcomes.occurred_at >= touches.touched_at
    and outcomes.occurred_at <= {{ moved_time("touches.touched_at", "day", var("shown_order_days")) }}
{{ last_touch("outcomes.kind", "outcomes.outcome_id", "outcomes.user_id", "outcomes.product_id") }}
