-- Who took part, under whichever of their ids, and what they did in the days after.
with answers as (
    select
        answers.experiment,
        coalesce(people.person_id, answers.user_id) as user_id,
        answers.arm,
        answers.recommendation_id,
        answers.shown_at
    from {{ ref("stg_events__shown_answers") }} as answers
    left join {{ ref("stg_events__people") }} as people on answers.user_id = people.user_id
    where answers.experiment is not null and answers.arm is not null and answers.user_id is not null
),

firsts as (
    select experiment, user_id, arm
    from answers
    where true
    qualify row_number() over (partition by experiment, user_id order by shown_at, recommendation_id) = 1
),

-- The newest answer is the present: without it nobody knows what came after it.
present as (
    select max(shown_at) as moment from {{ ref("stg_events__shown_answers") }}
),

exposed as (
    select
        experiment,
        user_id,
        min(shown_at) as exposed_at,
        {{ moved_time("min(shown_at)", "day", var("experiment_days")) }} as until,
        count(distinct arm) > 1 as is_in_two_arms
    from answers
    group by experiment, user_id
),

ordered as (
    select
        exposed.experiment,
        exposed.user_id,
        sum(orders.revenue) as revenue
    from {{ ref("stg_orders") }} as orders
    left join {{ ref("stg_events__people") }} as people on orders.user_id = people.user_id
    inner join exposed
        on coalesce(people.person_id, orders.user_id) = exposed.user_id
        and orders.ordered_at >= exposed.exposed_at
        and orders.ordered_at <= exposed.until
    group by exposed.experiment, exposed.user_id
),

-- On an answer of the experiment; elsewhere nothing differs between the arms.
clicked as (
    select distinct
        exposed.experiment,
        exposed.user_id
    from {{ ref("stg_events__clicks") }} as clicks
    inner join answers on clicks.recommendation_id = answers.recommendation_id
    inner join exposed
        on answers.experiment = exposed.experiment
        and answers.user_id = exposed.user_id
        and clicks.clicked_at >= exposed.exposed_at
        and clicks.clicked_at <= exposed.until
)

select
    exposed.experiment,
    exposed.user_id,
    firsts.arm,
    exposed.exposed_at,
    exposed.is_in_two_arms,
    exposed.until <= present.moment as is_counted,
    ordered.user_id is not null as has_ordered,
    cast(coalesce(ordered.revenue, 0) as numeric(14,2)) as revenue,
    clicked.user_id is not null as has_clicked
from exposed
cross join present
inner join firsts on exposed.experiment = firsts.experiment and exposed.user_id = firsts.user_id
left join ordered on exposed.experiment = ordered.experiment and exposed.user_id = ordered.user_id
left join clicked on exposed.experiment = clicked.experiment and exposed.user_id = clicked.user_id
