{{ config(unique_key=["business_id", "day"], post_hook="{{ delete_former_listings() }}") }}
{% set query %}
    select
        businesses.business_id,
        listings.day,
        listings.rating as rating,
        listings.review_count as reviews
    from {{ source("raw", "listings") }} as listings
    inner join {{ ref("businesses") }} as businesses on businesses.business_id = listings.id
{% endset %}
{{ only_changes(query) }}
