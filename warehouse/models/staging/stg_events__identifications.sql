-- Whose is what a visitor did: of the customer who was identified next after it; after the last, of the last (vitrine.identity).
with identified as (
    select visitor_id, user_id as person_id, first_at as identified_at
    from {{ ref("raw_events__identities") }}
    union distinct
    select visitor_id, user_id, last_at
    from {{ ref("raw_events__identities") }}
),

ordered as (
    select
        *,
        lag(identified_at) over (partition by visitor_id order by identified_at, person_id) as identified_before,
        lead(identified_at) over (partition by visitor_id order by identified_at, person_id) as identified_after
    from identified
)

select
    visitor_id,
    person_id,
    coalesce(identified_before, timestamp '0001-01-01 00:00:00') as after,
    case when identified_after is null then timestamp '9999-12-31 00:00:00' else identified_at end as until
from ordered
