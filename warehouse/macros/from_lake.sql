{# A table of the lake, with the columns and types that its source declares: the rows of the loads that are listed as landed.
   Before the first load it is empty. #}
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
            {%- set loads = var("lake") ~ "/_loads/" ~ source_name ~ "/" ~ table ~ ".jsonl" -%}
            {%- set found = run_query("select file from glob('" ~ files ~ "') limit 1").rows
                and run_query("select file from glob('" ~ loads ~ "')").rows %}
select
            {%- for column in columns %}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
            {%- endfor %}
from (
    -- What was landed before a column was declared has it empty.
    select
            {%- for column in columns %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
            {%- endfor %}
    where false
            {%- if found %}
    union all by name
    select *
    from read_parquet('{{ files }}', union_by_name = true, hive_partitioning = false)
    where _load_id in (
        select load_id
        from read_json('{{ loads }}', columns = {load_id: 'VARCHAR'}, format = 'newline_delimited')
    )
            {%- endif %}
)
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
