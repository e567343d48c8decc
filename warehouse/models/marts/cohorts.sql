with months as (
    select
        source,
        owner_kind,
        owner_id,
        {{ start_of("month", "date_day") }} as month_start,
        {{ metric("spend") }} as spend
    from {{ ref("fct_order_line") }}
    where not is_return
    group by source, owner_kind, owner_id, {{ start_of("month", "date_day") }}
),

placed as (
    select
        *,
        min(month_start) over (partition by source, owner_id) as cohort_month
    from months
),

counted as (
    select
        source,
        owner_kind,
        cohort_month,
        {{ dbt.datediff("cohort_month", "month_start", "month") }} as months_later,
        count(*) as active_owners,
        cast(sum(spend) as numeric(14,2)) as spend
    from placed
    group by source, owner_kind, cohort_month, month_start
),

-- A month in which nobody of a cohort bought is a row too, up to the newest month.
possible as (
    select
        cohorts.source,
        cohorts.owner_kind,
        cohorts.cohort_month,
        cohorts.active_owners as owners,
        {{ dbt.datediff("cohorts.cohort_month", "months.month_start", "month") }} as months_later
    from counted as cohorts
    inner join {{ ref("sales_by_month") }} as months
        on cohorts.source = months.source and months.month_start >= cohorts.cohort_month
    where cohorts.months_later = 0
)

select
    possible.source,
    possible.owner_kind,
    possible.cohort_month,
    possible.months_later,
    possible.owners,
    coalesce(counted.active_owners, 0) as active_owners,
    {{ ratio("coalesce(counted.active_owners, 0)", "possible.owners") }} as retention,
    coalesce(counted.spend, cast(0 as numeric(14,2))) as spend
from possible
left join counted
    on possible.source = counted.source
    and possible.cohort_month = counted.cohort_month
    and possible.months_later = counted.months_later
