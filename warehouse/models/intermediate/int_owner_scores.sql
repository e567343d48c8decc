-- Fifths by recency, frequency and spend, and what follows from them. Equals are told apart by their ids.
with fifths as (
    select
        *,
        6 - ntile(5) over (partition by source order by recency_days, owner_id) as recency_score,
        6 - ntile(5) over (partition by source order by baskets desc, owner_id) as frequency_score,
        6 - ntile(5) over (partition by source order by spend desc, owner_id) as spend_score
    from {{ ref("int_owners") }}
    where baskets > 0
)

select
    source,
    owner_kind,
    owner_id,
    recency_score,
    frequency_score,
    spend_score,
    case
        when spend_score = 5 then 'high'
        when spend_score >= 3 then 'middle'
        else 'low'
    end as value_class,
    case
        when recency_score >= 4 and frequency_score >= 4 then 'champion'
        when recency_score >= 3 and frequency_score >= 3 then 'loyal'
        when recency_score >= 4 then 'new'
        when recency_score = 3 then 'occasional'
        when frequency_score >= 3 then 'at risk'
        else 'lost'
    end as segment,
    {{ ratio("baskets", "greatest(days_since_first / 30.0, 1)") }} as baskets_a_month,
    cast(spend / greatest(days_since_first, 30) * 365 as numeric(14,2)) as expected_spend_12_months
from fifths
