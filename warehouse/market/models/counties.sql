{{ config(unique_key="county_id") }}
{% set query %}
    -- "Adams County, Alabama", as of the newest year.
    select distinct on (county_id)
        state_fips || county_fips as county_id,
        split_part(census_counties.name, ',', 1) as name,
        states.state_id
    from {{ source("raw", "census_counties") }} as census_counties
    inner join {{ ref("states") }} as states on states.fips = census_counties.state_fips
    order by county_id, census_counties.year desc
{% endset %}
{{ only_changes(query) }}
