-- What each household or customer bought, in numbers.
with bought as (
    select
        source,
        owner_kind,
        owner_id,
        {{ metrics(["baskets", "lines", "quantity", "spend", "discount", "returned_lines"]) }},
        min(case when not is_return then ordered_at end) as first_basket_at,
        max(case when not is_return then ordered_at end) as last_basket_at
    from {{ ref("fct_order_line") }}
    group by source, owner_kind, owner_id
)

select
    bought.*,
    {{ ratio("spend", "baskets") }} as average_basket,
    {{ dbt.datediff("cast(last_basket_at as date)", "newest_day", "day") }} as recency_days,
    -- The day of the first basket counts.
    {{ dbt.datediff("cast(first_basket_at as date)", "newest_day", "day") }} + 1 as days_since_first
from bought
inner join {{ ref("int_newest_day") }} as newest on bought.source = newest.source
