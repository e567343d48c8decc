-- One person for each id in the events that somebody was joined by: of a visitor the customer who was identified last.
select
    visitor_id as user_id,
    person_id
from {{ ref("stg_events__identifications") }}
where true
qualify row_number() over (partition by visitor_id order by until desc, person_id desc) = 1
union distinct
select
    person_id,
    person_id
from {{ ref("stg_events__identifications") }}
