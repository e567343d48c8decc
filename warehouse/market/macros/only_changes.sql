{# The rows of a query, in the types of the table, that the table does not have as they are: merging again what is there
   changes nothing. #}
{% macro only_changes(query) %}
    {% set columns = adapter.get_columns_in_relation(this) %}
    select
        {% for column in columns %}
            {{ column.quoted }}::{{ column.data_type }} as {{ column.quoted }}{{ "," if not loop.last }}
        {% endfor %}
    from ({{ query }}) as wanted
    except
    select {{ columns | map(attribute="quoted") | join(", ") }} from {{ this }}
{% endmacro %}
