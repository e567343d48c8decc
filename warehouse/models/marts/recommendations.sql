select
    learned.owner_kind,
    learned.owner_id,
    learned.rank,
    products.product_key,
    learned.product_id,
    products.name as product_name,
    learned.score,
    learned.came_from,
    learned.reason
from {{ source("learned", "recommendations") }} as learned
inner join {{ ref("dim_product") }} as products
    on learned.source = products.source and learned.product_id = products.product_id
