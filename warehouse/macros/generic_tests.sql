{# No two rows have the same values in these columns. #}
{% test unique_together(model, columns) %}
select {{ columns | join(", ") }}, count(*) as copies
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}

{# A number lies within these bounds, both allowed; an empty value is no number. #}
{% test between(model, column_name, at_least=none, at_most=none) %}
select *
from {{ model }}
where false
    {%- if at_least is not none %} or {{ column_name }} < {{ at_least }}{% endif %}
    {%- if at_most is not none %} or {{ column_name }} > {{ at_most }}{% endif %}
{% endtest %}

{# There are rows. #}
{% test not_empty(model) %}
select 'no rows' as problem
from (select count(*) as found from {{ model }}) as counted
where found = 0
{% endtest %}

{# The newest row is not older than so many days; without a row there is nothing to be old. #}
{% test fresh(model, column_name, days) %}
select newest
from (select max({{ column_name }}) as newest from {{ model }}) as found
where newest < {{ moved_time(dbt.current_timestamp(), "day", -days) }}
{% endtest %}
