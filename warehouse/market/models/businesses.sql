{{ config(unique_key="business_id") }}
{% set query %}
    select distinct on (listings.id)
        listings.id as business_id,
        listings.name,
        listings.city,
        listings.zip_code,
        listings.latitude,
        listings.longitude,
        listings.price,
        listings.phone,
        coalesce(listings.is_closed, false) as is_closed,
        listings.day as last_seen_on,
        -- Beyond the border there are states that we do not know.
        states.state_id
    from {{ source("raw", "listings") }} as listings
    left join {{ ref("states") }} as states on states.state_id = listings.state
    order by listings.id, listings.day desc
{% endset %}
{{ only_changes(query) }}
