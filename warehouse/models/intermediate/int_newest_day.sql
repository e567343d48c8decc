-- The day as of which days are counted: the newest on which anything was sold, by source.
select
    source,
    max(date_day) as newest_day
from {{ ref("fct_order_line") }}
group by source
