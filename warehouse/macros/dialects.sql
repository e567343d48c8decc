{# What DuckDB and BigQuery write differently, and dbt has no macro for. #}

{# The values as a JSON list, in this order. #}
{% macro json_list(value, order_by) %}{{ adapter.dispatch("json_list")(value, order_by) }}{% endmacro %}
{% macro default__json_list(value, order_by) %}to_json(list({{ value }} order by {{ order_by }})){% endmacro %}
{% macro bigquery__json_list(value, order_by) %}to_json(array_agg({{ value }} order by {{ order_by }})){% endmacro %}

{# The Monday of a day's week. #}
{% macro week_start(day) %}{{ adapter.dispatch("week_start")(day) }}{% endmacro %}
{% macro default__week_start(day) %}cast(date_trunc('week', {{ day }}) as date){% endmacro %}
{% macro bigquery__week_start(day) %}date_trunc({{ day }}, isoweek){% endmacro %}

{# 1, Monday, to 7. #}
{% macro weekday(day) %}{{ adapter.dispatch("weekday")(day) }}{% endmacro %}
{% macro default__weekday(day) %}cast(isodow({{ day }}) as int64){% endmacro %}
{% macro bigquery__weekday(day) %}(mod(extract(dayofweek from {{ day }}) + 5, 7) + 1){% endmacro %}

{# The start of a day's month, quarter, … #}
{% macro start_of(part, day) %}cast({{ dbt.date_trunc(part, day) }} as date){% endmacro %}

{# A day moved by so many days, months, … #}
{% macro moved(day, part, by) %}cast({{ dbt.dateadd(part, by, day) }} as date){% endmacro %}

{# A time moved by so many minutes, … #}
{% macro moved_time(time, part, by) %}cast({{ dbt.dateadd(part, by, time) }} as timestamp){% endmacro %}

{# Rows `date_day`, from the first day to the last, both scalar queries. #}
{% macro days(first, last) %}{{ adapter.dispatch("days")(first, last) }}{% endmacro %}
{% macro default__days(first, last) %}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
{% endmacro %}
{% macro bigquery__days(first, last) %}
    select date_day from unnest(generate_date_array({{ first }}, {{ last }})) as date_day
{% endmacro %}

{# A row for each element of parallel lists: the columns, `place` from 1 on, and of each list its element under a name. The first
   list says how many there are. #}
{% macro each_of(relation, columns, lists) %}{{ adapter.dispatch("each_of")(relation, columns, lists) }}{% endmacro %}
{% macro default__each_of(relation, columns, lists) %}
    {%- set first = lists.keys() | first %}
    select
        {{ columns | join(", ") }},
        {%- for list, element in lists.items() %}
        unnest({{ list }}[:len({{ first }})]) as {{ element }},
        {%- endfor %}
        generate_subscripts({{ first }}, 1) as place
    from {{ relation }}
{% endmacro %}
{% macro bigquery__each_of(relation, columns, lists) %}
    {%- set first = lists.keys() | first %}
    select
        {{ columns | join(", ") }},
        {%- for list, element in lists.items() %}
        {{ list }}[safe_offset(place)] as {{ element }},
        {%- endfor %}
        place + 1 as place
    from {{ relation }}, unnest({{ first }}) with offset as place
{% endmacro %}

{# A text that tells rows with these values from others: their hash, which is much cheaper than the values side by side. #}
{% macro fingerprint(values) %}{{ adapter.dispatch("fingerprint")(values) }}{% endmacro %}
{% macro default__fingerprint(values) %}cast(hash({{ values | join(", ") }}) as string){% endmacro %}
{% macro bigquery__fingerprint(values) %}cast(farm_fingerprint(to_json_string(struct({{ values | join(", ") }}))) as string){% endmacro %}

{# The same of all rows of a group, in whatever order they come. #}
{% macro fingerprint_of_rows(values) %}{{ adapter.dispatch("fingerprint_of_rows")(values) }}{% endmacro %}
{% macro default__fingerprint_of_rows(values) %}bit_xor(hash({{ values | join(", ") }})){% endmacro %}
{% macro bigquery__fingerprint_of_rows(values) %}bit_xor(farm_fingerprint(to_json_string(struct({{ values | join(", ") }})))){% endmacro %}

{# One number over another as an exact decimal; empty where the other is nought. #}
{% macro ratio(part, whole) %}cast(cast({{ part }} as numeric(18,6)) / nullif({{ whole }}, 0) as numeric(18,6)){% endmacro %}

{# The name of the day of a week, 1 to 7. #}
{% macro weekday_name(weekday) %}case {{ weekday }}
        {%- for name in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{# The text at a path of a JSON text; empty where there is none. #}
{% macro json_text(value, path) %}{{ adapter.dispatch("json_text")(value, path) }}{% endmacro %}
{% macro default__json_text(value, path) %}json_extract_string({{ value }}, '{{ path }}'){% endmacro %}
{% macro bigquery__json_text(value, path) %}json_value({{ value }}, '{{ path }}'){% endmacro %}

{# How many elements a list has. #}
{% macro length_of(list) %}{{ adapter.dispatch("length_of")(list) }}{% endmacro %}
{% macro default__length_of(list) %}len({{ list }}){% endmacro %}
{% macro bigquery__length_of(list) %}array_length({{ list }}){% endmacro %}
