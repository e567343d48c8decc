{# market_raw keeps a month, and the newest listing of each business; `ratings` keeps the days before. #}
{% macro delete_former_listings() %}
    delete from {{ source("raw", "listings") }} as former
    using {{ source("raw", "listings") }} as later
    where later.id = former.id
        and later.day > former.day
        and former.day < (select max(day) from {{ source("raw", "listings") }}) - 31
{% endmacro %}
