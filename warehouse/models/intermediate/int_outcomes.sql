{{ config(tags=["attribution"]) }}
-- What can come of an answer: views, additions to carts and lines of orders, each with the person whose it is.
with outcomes as (
    select
        'viewed' as kind,
        message_id as outcome_id,
        user_id,
        product_id,
        cast(0 as numeric(20,2)) as revenue,
        viewed_at as occurred_at
    from {{ ref("stg_events__product_views") }}
    union all
    select
        'added',
        message_id,
        user_id,
        product_id,
        cast(0 as numeric(20,2)),
        added_at
    from {{ ref("stg_events__cart_additions") }}
    union all
    select
        'bought',
        order_id,
        user_id,
        product_id,
        revenue,
        ordered_at
    from {{ ref("stg_orders") }}
)

select
    outcomes.*,
    coalesce(identifications.person_id, outcomes.user_id) as person_id
from outcomes
{{ join_person("outcomes", "occurred_at") }}
