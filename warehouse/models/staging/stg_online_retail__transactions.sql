select distinct
    invoice_no as invoice_id,
    stock_code as product_id,
    quantity,
    unit_price,
    customer_id,
    country,
    invoice_date as invoiced_at,
    upper(substr(invoice_no, 1, 1)) = 'C' as is_cancelled
from {{ ref("raw_online_retail__transactions") }}
