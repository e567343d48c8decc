"""What the forms of the admin and the API accept, in one place. Migrations name these too."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator

from vitrine import events

# As many as are looked at for each answer.
RULES_MAXIMUM = 500
# As many as an order or a list of what was shown may hold.
PRODUCTS_MAXIMUM = 200
# As Google's product data specification has it.
CATEGORY_CHARACTERS = 750
PRIORITY_MAXIMUM = 1000
STRENGTH_MAXIMUM = 100
# That of an answer (vitrine.recommending), which commands have no need to load.
POSITION_MAXIMUM = 50

TEXT = [RegexValidator(r"\A[^\x00-\x1f\x7f]+\Z", "No control characters.")]
ID = [RegexValidator(rf"\A(?:{events.ID_PATTERN.strip('^$')})\Z", f"{events.ID_RULE}.")]
PRIORITY = [MinValueValidator(-PRIORITY_MAXIMUM), MaxValueValidator(PRIORITY_MAXIMUM)]
POSITION = [MinValueValidator(1), MaxValueValidator(POSITION_MAXIMUM)]
STRENGTH = [MinValueValidator(1), MaxValueValidator(STRENGTH_MAXIMUM)]
