{{ config(unique_key="population_id") }}
{% set query %}
    select
        states.fips || '-' || census_states.year as population_id,
        census_states.year as year,
        census_states.population,
        null as county_id,
        states.state_id
    from {{ source("raw", "census_states") }} as census_states
    inner join {{ ref("states") }} as states on states.fips = census_states.state_fips
    union all
    select
        counties.county_id || '-' || census_counties.year,
        census_counties.year,
        census_counties.population,
        counties.county_id,
        counties.state_id
    from {{ source("raw", "census_counties") }} as census_counties
    inner join {{ ref("counties") }} as counties
        on counties.county_id = census_counties.state_fips || census_counties.county_fips
{% endset %}
{{ only_changes(query) }}
