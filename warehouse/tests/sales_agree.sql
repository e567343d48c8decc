-- Days, months and categories hold the same lines and the same spend.
with sums as (
    select 'line' as grain, sum(case when is_return then 0 else 1 end) as lines, sum(case when is_return then 0 else spend end) as spend
    from {{ ref("fct_order_line") }}
    union all
    select 'day', sum(lines), sum(spend) from {{ ref("sales_by_day") }}
    union all
    select 'week', sum(lines), sum(spend) from {{ ref("sales_by_week") }}
    union all
    select 'month', sum(lines), sum(spend) from {{ ref("sales_by_month") }}
    union all
    select 'category', sum(lines), sum(spend) from {{ ref("sales_by_category") }}
)

select others.*
from sums as others
inner join sums as lines on lines.grain = 'line'
where others.lines <> lines.lines or others.spend <> lines.spend
