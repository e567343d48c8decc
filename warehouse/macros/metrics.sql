{# The metrics of sales, defined once: each is an aggregate over rows of fct_order_line. #}
{% macro metric(name) -%}
    {%- set definitions = {
        "lines": "cast(sum(case when is_return then 0 else 1 end) as int64)",
        "baskets": "count(distinct case when not is_return then basket_id end)",
        "owners": "count(distinct case when not is_return then owner_id end)",
        "quantity": "cast(sum(case when is_return then 0 else quantity end) as int64)",
        "spend": "cast(sum(case when is_return then 0 else spend end) as numeric(14,2))",
        "discount": "cast(sum(case when is_return then 0 else discount end) as numeric(14,2))",
        "returned_lines": "cast(sum(case when is_return then 1 else 0 end) as int64)",
    } -%}
    {%- if name not in definitions -%}
        {{ exceptions.raise_compiler_error("there is no metric " ~ name ~ "; there are " ~ definitions.keys() | join(", ")) }}
    {%- endif -%}
    {{ definitions[name] }}
{%- endmacro %}

{# Several of them, each under its name. #}
{% macro metrics(names) -%}
    {% for name in names %}{{ metric(name) }} as {{ name }}{{ ",\n        " if not loop.last }}{% endfor %}
{%- endmacro %}
