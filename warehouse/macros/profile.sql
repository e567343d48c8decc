{# The columns of a profile that households and customers share. #}
{% macro profile_columns() %}
    coalesce(owners.baskets, 0) as baskets,
    coalesce(owners.lines, 0) as lines,
    coalesce(owners.quantity, 0) as quantity,
    cast(coalesce(owners.spend, 0) as numeric(14,2)) as spend,
    cast(coalesce(owners.discount, 0) as numeric(14,2)) as discount,
    coalesce(owners.returned_lines, 0) as returned_lines,
    cast(owners.average_basket as numeric(14,2)) as average_basket,
    owners.first_basket_at,
    owners.last_basket_at,
    owners.recency_days,
    scores.baskets_a_month,
    scores.recency_score,
    scores.frequency_score,
    scores.spend_score,
    coalesce(scores.value_class, 'none') as value_class,
    coalesce(scores.segment, 'none') as segment,
    scores.expected_spend_12_months,
    cast(owners.spend + scores.expected_spend_12_months as numeric(14,2)) as lifetime_value,
    coalesce(favourites.favourite_categories, json '[]') as favourite_categories,
    weekdays.preferred_weekday
{%- endmacro %}

{# Where they come from: `owner_id` is the column of the household or customer. #}
{% macro profile_joins(source, owner_id) %}
{%- set on = "source = '" ~ source ~ "' and " ~ owner_id ~ " = " -%}
left join {{ ref("int_owners") }} as owners on owners.{{ on }}owners.owner_id
left join {{ ref("int_owner_scores") }} as scores on scores.{{ on }}scores.owner_id
left join {{ ref("int_owner_favourites") }} as favourites on favourites.{{ on }}favourites.owner_id
left join {{ ref("int_owner_weekdays") }} as weekdays on weekdays.{{ on }}weekdays.owner_id
{%- endmacro %}
