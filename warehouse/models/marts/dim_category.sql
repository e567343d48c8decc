select distinct
    category_key,
    source,
    category,
    department_key
from {{ ref("int_products") }}
