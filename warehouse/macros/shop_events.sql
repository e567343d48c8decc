{# The shop's events of a kind: a message that came twice counts once. The id is one user's only. #}
{% macro shop_events(event) %}
    select *
    from {{ ref("raw_events__shop_events") }}
    where event = '{{ event }}'
    qualify row_number() over (partition by user_id, message_id order by occurred_at) = 1
{% endmacro %}
