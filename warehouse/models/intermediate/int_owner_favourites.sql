-- Up to three categories of each household or customer, most spend first; equals by name.
with spent as (
    select
        lines.source,
        lines.owner_id,
        categories.category,
        {{ metric("spend") }} as spend
    from {{ ref("fct_order_line") }} as lines
    inner join {{ ref("dim_category") }} as categories on lines.category_key = categories.category_key
    where not lines.is_return and categories.category <> 'unknown'
    group by lines.source, lines.owner_id, categories.category
),

ranked as (
    select
        *,
        row_number() over (partition by source, owner_id order by spend desc, category) as place
    from spent
)

select
    source,
    owner_id,
    {{ json_list("category", "place") }} as favourite_categories
from ranked
where place <= 3
group by source, owner_id
