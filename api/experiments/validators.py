"""What the forms of the admin and the API accept, in one place. Migrations name these too."""

from django.core.validators import MaxValueValidator, MinValueValidator

from api.rules.validators import ID

ARMS_MINIMUM, ARMS_MAXIMUM = 2, 10
WEIGHT_MAXIMUM = 1000
# Fewer in each of two arms are never judged.
PLANNED_MINIMUM, PLANNED_MAXIMUM = 1000, 1_000_000_000
# Each answer looks for the one that it takes part in.
RUNNING_MAXIMUM = 50
# Why it was stopped.
BECAUSE_CHARACTERS = 200

WEIGHT = [MinValueValidator(1), MaxValueValidator(WEIGHT_MAXIMUM)]
PLANNED = [MinValueValidator(PLANNED_MINIMUM), MaxValueValidator(PLANNED_MAXIMUM)]

__all__ = [
    "ARMS_MAXIMUM",
    "ARMS_MINIMUM",
    "BECAUSE_CHARACTERS",
    "ID",
    "PLANNED",
    "PLANNED_MAXIMUM",
    "PLANNED_MINIMUM",
    "RUNNING_MAXIMUM",
    "WEIGHT",
    "WEIGHT_MAXIMUM",
]
