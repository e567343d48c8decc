{# Of each key the row that was seen last, unless it was seen to be gone. #}
{% macro newest_rows(model, key, columns) %}
with newest as (
    select *
    from {{ ref(model) }}
    where true
    qualify row_number() over (partition by {{ key | join(", ") }} order by changed_at desc, is_deleted) = 1
)
select {{ columns | join(", ") }}
from newest
where not is_deleted
{% endmacro %}
