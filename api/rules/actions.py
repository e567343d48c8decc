"""What can be done with rules. The admin and the API call these."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from api.rules import resources
from api.rules.models import Rule
from api.rules.validators import RULES_MAXIMUM


def require_room() -> None:
    """Raises ValidationError where there are as many rules as each answer looks at."""
    if Rule.objects.count() >= RULES_MAXIMUM:
        raise ValidationError(f"There are {RULES_MAXIMUM} rules: delete one that is over.")


def make_rule(body: Mapping[str, object]) -> Rule:
    """Saves a new rule. Raises ValidationError: what is wrong with what."""
    rule = resources.fill(Rule(), body)
    require_room()
    rule.save(force_insert=True)
    return rule


def change_rule(ruleid: int, body: Mapping[str, object], *, replace: bool) -> Rule | None:
    """Gives a rule what a body says; where it is to be replaced, all else what a new rule has.

    None where there is none. Raises ValidationError: what is wrong with what.
    """
    with transaction.atomic():
        held = Rule.objects.select_for_update().filter(pk=ruleid).first()
        if held is None:
            return None
        resources.fill(resources.emptied(held) if replace else held, body).save(force_update=True)
    return held


def delete_rule(ruleid: int) -> bool:
    """Whether there was one."""
    return bool(Rule.objects.filter(pk=ruleid).delete()[0])
