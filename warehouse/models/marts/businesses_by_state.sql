select
    states.state_id,
    states.state,
    regions.region,
    categories.category,
    count(*) as businesses,
    states.population,
    {{ ratio("count(*) * 100000", "states.population") }} as businesses_per_100000,
    cast(avg(ratings.rating) as numeric(18,6)) as average_rating,
    cast(sum(ratings.reviews) as int64) as reviews
from {{ ref("stg_market__businesses") }} as businesses
inner join {{ ref("dim_state") }} as states on businesses.state_id = states.state_id
inner join {{ ref("dim_region") }} as regions on states.region_id = regions.region_id
inner join {{ ref("stg_market__business_categories") }} as tagged on businesses.business_id = tagged.business_id
inner join {{ ref("stg_market__categories") }} as categories on tagged.category_id = categories.category_id
left join {{ ref("stg_market__latest_ratings") }} as ratings on businesses.business_id = ratings.business_id
group by states.state_id, states.state, regions.region, categories.category, states.population
