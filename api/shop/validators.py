"""What the forms refuse before the domains and checks of the database do. Migrations name these too."""

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator

# The rule of the domain shop_id, which is that of views (vitrine/events.py).
ID = [RegexValidator(r"\A[A-Za-z0-9._~:@+-]+\Z", "Only the characters A-Z a-z 0-9 . _ ~ : @ + - may stand in an id.")]
# The bounds of the domain shop_time; the upper one is not part of it.
TIME = [
    MinValueValidator(datetime(1970, 1, 1, tzinfo=UTC)),
    MaxValueValidator(datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
]
PRICE = [MinValueValidator(0)]
QUANTITY = [MinValueValidator(1)]
