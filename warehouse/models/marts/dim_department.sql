select distinct
    department_key,
    source,
    department
from {{ ref("int_products") }}
