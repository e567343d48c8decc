{# Whose something is, as of when it was done: joins what says which customer a visitor was. #}
{% macro join_person(relation, time) %}
left join {{ ref("stg_events__identifications") }} as identifications
    on {{ relation }}.user_id = identifications.visitor_id
    and {{ relation }}.{{ time }} > identifications.after
    and {{ relation }}.{{ time }} <= identifications.until
{%- endmacro %}

{# Changes with the rules by which is counted what came of an answer: windows, and the SQL of the models. #}
{% macro attribution_rules() -%}
    {%- set rules = [var("shown_view_hours"), var("shown_order_days")] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr("resource_type", "equalto", "model") if "attribution" in node.tags -%}
            {%- do rules.append(node.raw_code) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ local_md5(rules | join(" ")) }}
{%- endmacro %}

{# Before new rows come: those of answers that are counted anew, and of answers that are gone, go. #}
{% macro forget_recounted() %}
    {%- if is_incremental() -%}
delete from {{ this }}
where recommendation_id not in (select recommendation_id from {{ ref("int_answers") }} where is_counted)
    {%- endif -%}
{% endmacro %}

{# Of the touches that an outcome may be credited to: the last click, else the last time that it was shown. #}
{% macro last_touch() -%}
qualify row_number() over (
        partition by {{ varargs | join(", ") }}
        order by touches.is_click desc, touches.touched_at desc, touches.shown_at desc, touches.recommendation_id
    ) = 1
{%- endmacro %}
