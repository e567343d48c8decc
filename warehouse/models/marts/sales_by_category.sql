select
    lines.source,
    lines.category_key,
    departments.department,
    categories.category,
    lines.date_day,
    {{ metrics(["lines", "quantity", "spend", "discount", "returned_lines"]) }}
from {{ ref("fct_order_line") }} as lines
inner join {{ ref("dim_category") }} as categories on lines.category_key = categories.category_key
inner join {{ ref("dim_department") }} as departments on categories.department_key = departments.department_key
group by lines.source, lines.category_key, departments.department, categories.category, lines.date_day
