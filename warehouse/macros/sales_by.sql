{# Sales by a period: the metrics, and the spend of the period before and of the same season a year before. `before` and
   `year_before` are (part, number) of how far back these begin. #}
{% macro sales_by(period, before, year_before) %}
with sales as (
    select
        lines.source,
        dates.{{ period }},
        {{ metrics(["lines", "baskets", "owners", "quantity", "spend", "discount", "returned_lines"]) }}
    from {{ ref("fct_order_line") }} as lines
    inner join {{ ref("dim_date") }} as dates on lines.date_day = dates.date_day
    group by lines.source, dates.{{ period }}
)

select
    sales.*,
    {{ compared_columns() }}
from sales
{{ compared_joins(["source"], period, before, year_before) }}
{% endmacro %}

{% macro compared_columns() %}
    before.spend as spend_before,
    cast({{ ratio("sales.spend", "before.spend") }} - 1 as numeric(18,6)) as change,
    year_before.spend as spend_year_before,
    cast({{ ratio("sales.spend", "year_before.spend") }} - 1 as numeric(18,6)) as change_to_year_before
{%- endmacro %}

{% macro compared_joins(key, period, before, year_before) %}
    {%- for name, by in [("before", before), ("year_before", year_before)] %}
left join sales as {{ name }}
    on {% for column in key %}sales.{{ column }} = {{ name }}.{{ column }} and {% endfor -%}
    {{ name }}.{{ period }} = {{ moved("sales." ~ period, by[0], -by[1]) }}
    {%- endfor %}
{%- endmacro %}
