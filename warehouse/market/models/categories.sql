{{ config(unique_key="category_id") }}
{% set query %}
    select distinct on (category_id)
        category ->> 'alias' as category_id,
        category ->> 'title' as title
    from {{ source("raw", "listings") }} as listings
    cross join lateral jsonb_array_elements(listings.categories) as category
    order by category_id, listings.day desc, title
{% endset %}
{{ only_changes(query) }}
