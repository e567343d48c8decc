-- What vitrine.experiments judges: sums and squares of the people of each arm, by the day on which they took part first.
select
    experiment,
    arm,
    cast(exposed_at as date) as date_day,
    cast(sum(case when is_in_two_arms then 0 else 1 end) as int64) as people,
    cast(sum(case when is_in_two_arms then 1 else 0 end) as int64) as left_out,
    {%- set counts = "is_counted and not is_in_two_arms" %}
    cast(sum(case when {{ counts }} then 1 else 0 end) as int64) as counted,
    cast(sum(case when {{ counts }} and has_ordered then 1 else 0 end) as int64) as conversions,
    cast(sum(case when {{ counts }} then revenue else 0 end) as numeric(18,2)) as revenue,
    cast(sum(case when {{ counts }} then revenue * revenue else 0 end) as numeric(28,4)) as revenue_squares,
    cast(sum(case when {{ counts }} and has_clicked then 1 else 0 end) as int64) as clickers
from {{ ref("experiment_people") }}
group by experiment, arm, cast(exposed_at as date)
