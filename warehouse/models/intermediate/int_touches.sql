{{ config(tags=["attribution"]) }}
-- When a product of an answer was shown to a person, and when it was clicked, of the answers that are to be counted. A click says
-- which answer it is of. A view is one, too, where the person clicked none that showed the product: of the last of these.
with shown as (
    select distinct
        answers.person_id,
        products.recommendation_id,
        products.product_id,
        products.shown_at
    from {{ ref("stg_events__shown_products") }} as products
    inner join {{ ref("int_answers") }} as answers on products.recommendation_id = answers.recommendation_id
    where not answers.is_counted
),

clicked as (
    select
        shown.*,
        -- Of a device whose clock is slow.
        greatest(clicks.clicked_at, shown.shown_at) as touched_at
    from shown
    inner join {{ ref("stg_events__clicks") }} as clicks
        on shown.recommendation_id = clicks.recommendation_id and shown.product_id = clicks.product_id
    where clicks.clicked_at <= {{ moved_time("shown.shown_at", "hour", var("shown_view_hours")) }}
),

touches as (
    select *, false as is_click, shown_at as touched_at from shown
    union all
    select person_id, recommendation_id, product_id, shown_at, true, touched_at from clicked
),

viewed as (
    select
        touches.person_id,
        touches.recommendation_id,
        touches.product_id,
        touches.shown_at,
        touches.is_click,
        views.occurred_at as touched_at
    from touches
    inner join {{ ref("int_outcomes") }} as views
        on touches.person_id = views.person_id and touches.product_id = views.product_id
    where views.kind = 'viewed'
        and views.occurred_at >= touches.touched_at
        and views.occurred_at <= {{ moved_time("touches.touched_at", "hour", var("shown_view_hours")) }}
    {{ last_touch("views.outcome_id", "views.user_id") }}
)

select
    person_id,
    recommendation_id,
    product_id,
    shown_at,
    is_click,
    touched_at
from touches
union all
select
    person_id,
    recommendation_id,
    product_id,
    shown_at,
    true,
    touched_at
from viewed
where not is_click
