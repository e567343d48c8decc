-- A line that came twice, with all that it says, counts once.
select distinct
    household_id,
    store_id,
    basket_id,
    product_id,
    quantity,
    sales_value as spend,
    retail_disc + coupon_disc + coupon_match_disc as discount,
    transaction_timestamp as ordered_at
from {{ ref("raw_completejourney__transactions") }}
