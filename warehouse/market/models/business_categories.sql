{{ config(unique_key=["business_id", "category_id"], post_hook="{{ delete_former_categories() }}") }}
{% set query %}
    -- Those of its newest day.
    select distinct
        newest.id as business_id,
        categories.category_id
    from (
        select distinct on (id) id, categories from {{ source("raw", "listings") }} order by id, day desc
    ) as newest
    cross join lateral jsonb_array_elements(newest.categories) as category
    inner join {{ ref("businesses") }} as businesses on businesses.business_id = newest.id
    inner join {{ ref("categories") }} as categories on categories.category_id = category ->> 'alias'
{% endset %}
{{ only_changes(query) }}
