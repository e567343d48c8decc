{# A table of the lake with the columns and types that its source declares; without a file yet, an empty one. #}
{% macro from_lake(source_name, table) %}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute %} select 1
    {%- else -%}
        {%- set node = graph.sources.values()
            | selectattr("source_name", "equalto", source_name) | selectattr("name", "equalto", table) | first -%}
        {%- set columns = node.columns.values() | list -%}
        {%- if target.type != "duckdb" %}
select {% for column in columns %}{{ column.name }}{{ ", " if not loop.last }}{% endfor %} from {{ relation }}
        {%- else -%}
            {%- set files = var("lake") ~ "/" ~ source_name ~ "/" ~ table ~ "/**/*.parquet" -%}
            {%- set count = run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0] %}
select
            {%- for column in columns %}
    cast({{ column.name if count else "null" }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
            {%- endfor %}
            {%- if count %}
from read_parquet('{{ files }}', union_by_name = true, hive_partitioning = false)
            {%- else %}
where false
            {%- endif %}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
