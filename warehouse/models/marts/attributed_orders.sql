{{ config(materialized="incremental", on_schema_change="append_new_columns", tags=["attribution"], pre_hook="{{ forget_recounted() }}") }}
-- depends_on: {{ ref("int_answers") }}
select
    outcome_id as order_id,
    product_id,
    user_id,
    person_id,
    recommendation_id,
    is_click as is_direct,
    revenue,
    occurred_at as ordered_at
from {{ ref("int_credits") }}
where kind = 'bought'
