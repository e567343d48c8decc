with sales as (
    select
        source,
        category_key,
        department,
        category,
        {{ start_of("month", "date_day") }} as month_start,
        cast(sum(lines) as int64) as lines,
        cast(sum(quantity) as int64) as quantity,
        cast(sum(spend) as numeric(14,2)) as spend
    from {{ ref("sales_by_category") }}
    group by source, category_key, department, category, {{ start_of("month", "date_day") }}
),

months as (
    select
        source,
        count(*) as months
    from {{ ref("sales_by_month") }}
    group by source
)

select
    sales.*,
    {{ ratio("sales.spend", "sum(sales.spend) over (partition by sales.source, sales.month_start)") }} as share,
    {{ ratio("sales.spend * months.months", "sum(sales.spend) over (partition by sales.category_key)") }} as seasonal_index,
    {{ compared_columns() }}
from sales
inner join months on sales.source = months.source
{{ compared_joins(["category_key"], "month_start", ("month", 1), ("month", 12)) }}
