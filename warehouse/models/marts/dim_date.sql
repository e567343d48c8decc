with days as (
    {{ days(
        "(select min(date_day) from " ~ ref("fct_order_line") ~ ")",
        "(select max(date_day) from " ~ ref("fct_order_line") ~ ")"
    ) }}
)

select
    date_day,
    {{ week_start("date_day") }} as week_start,
    {{ start_of("month", "date_day") }} as month_start,
    {{ start_of("quarter", "date_day") }} as quarter_start,
    cast(extract(year from date_day) as int64) as year,
    cast(extract(month from date_day) as int64) as month,
    {{ weekday("date_day") }} as weekday,
    {{ weekday_name(weekday("date_day")) }} as weekday_name,
    {{ weekday("date_day") }} >= 6 as is_weekend
from days
