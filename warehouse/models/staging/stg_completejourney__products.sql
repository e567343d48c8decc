select
    product_id,
    manufacturer_id,
    coalesce(nullif(trim(department), ''), 'unknown') as department,
    coalesce(nullif(trim(product_category), ''), 'unknown') as category,
    product_type,
    brand,
    package_size
from {{ ref("raw_completejourney__products") }}
where true
-- The same id with another description: one of them, and each time the same one.
qualify row_number() over (partition by product_id order by department, product_category, product_type, package_size) = 1
