select
    product_key,
    source,
    product_id,
    name,
    category_key,
    brand,
    manufacturer_id,
    package_size,
    price,
    in_stock,
    created_at,
    is_listed
from {{ ref("int_products") }}
