{{ config(unique_key="state_id") }}
{% set query %}
    select
        abbreviation as state_id,
        fips,
        state as name,
        region,
        division,
        capital
    from {{ source("raw", "states_page") }}
{% endset %}
{{ only_changes(query) }}
