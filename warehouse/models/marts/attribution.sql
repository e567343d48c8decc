{{ config(materialized="incremental", on_schema_change="append_new_columns", tags=["attribution"], pre_hook="{{ forget_recounted() }}") }}
-- Its fingerprints say that all is counted, so the other table of that comes first: {{ ref("attributed_orders") }}
with shown as (
    select
        products.*,
        answers.person_id,
        answers.fingerprint
    from {{ ref("stg_events__shown_products") }} as products
    inner join {{ ref("int_answers") }} as answers on products.recommendation_id = answers.recommendation_id
    where not answers.is_counted
    qualify row_number() over (partition by products.recommendation_id, products.product_id order by products.place) = 1
),

seen as (
    select
        recommendation_id,
        product_id,
        min(seen_at) as seen_at
    from {{ ref("stg_events__seen") }}
    group by recommendation_id, product_id
),

clicked as (
    select
        recommendation_id,
        product_id,
        min(touched_at) as clicked_at
    from {{ ref("int_touches") }}
    where is_click
    group by recommendation_id, product_id
),

credited as (
    select
        recommendation_id,
        product_id,
        min(case when kind = 'added' then occurred_at end) as added_at,
        min(case when kind = 'bought' then occurred_at end) as bought_at,
        sum(case when is_click then revenue else 0 end) as revenue_direct,
        sum(case when is_click then 0 else revenue end) as revenue_influenced
    from {{ ref("int_credits") }}
    group by recommendation_id, product_id
)

select
    shown.recommendation_id,
    shown.product_id,
    shown.place,
    shown.user_id,
    shown.person_id,
    shown.endpoint,
    coalesce(shown.placement, 'unknown') as placement,
    shown.came_from,
    answers.model_version as model,
    shown.shown_at,
    seen.seen_at,
    clicked.clicked_at,
    credited.added_at,
    credited.bought_at,
    cast(coalesce(credited.revenue_direct, 0) as numeric(24,2)) as revenue_direct,
    cast(coalesce(credited.revenue_influenced, 0) as numeric(24,2)) as revenue_influenced,
    shown.fingerprint
from shown
inner join {{ ref("stg_events__shown_answers") }} as answers on shown.recommendation_id = answers.recommendation_id
left join seen on shown.recommendation_id = seen.recommendation_id and shown.product_id = seen.product_id
left join clicked on shown.recommendation_id = clicked.recommendation_id and shown.product_id = clicked.product_id
left join credited on shown.recommendation_id = credited.recommendation_id and shown.product_id = credited.product_id
