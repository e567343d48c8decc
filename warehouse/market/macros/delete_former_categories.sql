{# What a business was on an earlier day, and is not on its newest. #}
{% macro delete_former_categories() %}
    delete from {{ this }} as kept
    using (
        select distinct on (id) id, categories from {{ source("raw", "listings") }} order by id, day desc
    ) as newest
    where newest.id = kept.business_id
        and not newest.categories @> jsonb_build_array(jsonb_build_object('alias', kept.category_id))
{% endmacro %}
