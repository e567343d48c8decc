select
    source,
    recommender,
    measure,
    learned_until,
    questions,
    score,
    standard_error
from {{ source("learned", "recommender_quality") }}
