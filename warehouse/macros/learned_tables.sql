{# The tables that vitrine.analytics fills, with the columns and types that their source declares: empty before its first run. #}
{% macro make_learned_tables() %}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == "learned" %}
create schema if not exists {{ node.schema }};
create table if not exists {{ node.schema }}.{{ node.name }} (
            {%- for column in node.columns.values() %}
    {{ column.name }} {{ column.data_type }}{{ "," if not loop.last }}
            {%- endfor %}
);
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
