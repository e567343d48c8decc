{{ config(tags=["attribution"]) }}
-- Answers with products, whom each was given to, and whether all that came of that person's answers is counted already. A
-- person's fingerprint stands in the rows of attribution and changes with anything of them: something new or late, an order
-- that was taken back, another id of theirs.
{%- set counted = adapter.get_relation(this.database, "marts", "attribution") if execute and not flags.FULL_REFRESH %}
with heard as (
    select
        recommendation_id,
        product_id,
        user_id,
        'seen' as kind,
        cast(null as string) as message_id,
        seen_at as heard_at
    from {{ ref("stg_events__seen") }}
    union all
    select
        recommendation_id,
        product_id,
        user_id,
        'clicked',
        message_id,
        clicked_at
    from {{ ref("stg_events__clicks") }}
),

first_heard as (
    select
        recommendation_id,
        user_id
    from heard
    where true
    qualify row_number() over (partition by recommendation_id order by heard_at, user_id) = 1
),

-- An answer that was asked for without an id is of whoever saw or clicked it first.
given as (
    select
        answers.recommendation_id,
        coalesce(answers.user_id, first_heard.user_id) as user_id,
        answers.shown_at
    from {{ ref("stg_events__shown_answers") }} as answers
    left join first_heard on answers.recommendation_id = first_heard.recommendation_id
    where answers.products > 0
),

answers as (
    select
        given.recommendation_id,
        given.user_id,
        coalesce(identifications.person_id, given.user_id) as person_id,
        given.shown_at
    from given
    {{ join_person("given", "shown_at") }}
),

marks as (
    select
        person_id,
        'shown' as kind,
        user_id,
        recommendation_id as id,
        cast(null as string) as product_id,
        cast(0 as numeric(20,2)) as revenue,
        shown_at as occurred_at
    from answers
    union all
    select
        answers.person_id,
        heard.kind,
        heard.user_id,
        {{ dbt.concat(["heard.recommendation_id", "':'", "coalesce(heard.message_id, '')"]) }},
        heard.product_id,
        0,
        heard.heard_at
    from heard
    inner join answers on heard.recommendation_id = answers.recommendation_id
    union all
    select
        person_id,
        kind,
        user_id,
        outcome_id,
        product_id,
        revenue,
        occurred_at
    from {{ ref("int_outcomes") }}
    where person_id in (select person_id from answers)
),

people as (
    select
        person_id,
        {{ fingerprint_of_rows(["kind", "user_id", "id", "product_id", "revenue", "occurred_at"]) }} as of_rows
    from marks
    group by person_id
),

fingerprinted as (
    select
        answers.recommendation_id,
        answers.person_id,
        {{ fingerprint(["people.of_rows", "'" ~ attribution_rules() ~ "'"]) }} as fingerprint
    from answers
    left join people on answers.person_id = people.person_id
),

compared as (
    select
        fingerprinted.*,
        {% if counted %}counted.recommendation_id is not null{% else %}false{% endif %} as is_known
    from fingerprinted
    {%- if counted %}
    left join (select distinct recommendation_id, fingerprint from {{ counted }}) as counted
        on fingerprinted.recommendation_id = counted.recommendation_id and fingerprinted.fingerprint = counted.fingerprint
    {%- endif %}
)

select
    recommendation_id,
    person_id,
    fingerprint,
    -- All of a person or nothing: what one answer is credited with, another one is not.
    is_known and coalesce(person_id not in (select person_id from compared where not is_known and person_id is not null), true)
        as is_counted
from compared
