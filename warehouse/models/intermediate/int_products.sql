-- All products of all sources in one form; those that were sold but are not listed, too.
with listed as (
    select
        'completejourney' as source,
        true as is_listed,
        product_id,
        coalesce(product_type, product_id) as name,
        department,
        category,
        brand,
        manufacturer_id,
        package_size,
        cast(null as numeric(14,2)) as price,
        cast(null as bool) as in_stock,
        cast(null as timestamp) as created_at
    from {{ ref("stg_completejourney__products") }}
    union all
    select
        'shop',
        true,
        product_id,
        name,
        'unknown',
        category_id,
        cast(null as string),
        cast(null as string),
        cast(null as string),
        cast(price as numeric(14,2)),
        in_stock,
        created_at
    from {{ ref("stg_shop__products") }}
),

sold as (
    select distinct
        'completejourney' as source,
        product_id
    from {{ ref("stg_completejourney__transactions") }}
    union all
    select distinct
        'shop',
        product_id
    from {{ ref("stg_shop__order_items") }}
)

select
    source,
    product_id,
    {{ dbt.concat(["source", "':'", "product_id"]) }} as product_key,
    coalesce(name, product_id) as name,
    {{ dbt.concat(["source", "':'", "coalesce(department, 'unknown')"]) }} as department_key,
    coalesce(department, 'unknown') as department,
    {{ dbt.concat(["source", "':'", "coalesce(department, 'unknown')", "':'", "coalesce(category, 'unknown')"]) }} as category_key,
    coalesce(category, 'unknown') as category,
    brand,
    manufacturer_id,
    package_size,
    price,
    in_stock,
    created_at,
    coalesce(is_listed, false) as is_listed
from listed
full outer join sold using (source, product_id)
