"""Every rule, in the memory of each process: no request of a shopper reads Postgres for one.

Postgres tells of a change when it is committed (LISTEN), so a rule counts everywhere within a second. Without Postgres
the rules that were read go on counting, and `health/` says so; before the first read there are none.
"""

from collections.abc import Sequence

from api.rules.models import Rule as Row
from api.rules.validators import RULES_MAXIMUM
from vitrine.recommending import Rule
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.listening import Copy, Listener

_COLUMNS = (
    *("id", "name", "kind", "products", "category", "placement", "page_category"),
    *("starts_at", "ends_at", "priority", "position", "strength"),
)
_ALL = f"SELECT {', '.join(_COLUMNS)} FROM rules ORDER BY id LIMIT {RULES_MAXIMUM}"  # noqa: S608 - constants


class Rulebook(Copy):
    """The rules. Safe to share between threads: they are replaced whole."""

    channel = "vitrine_rules"
    what = "rules"
    missing = "the table of rules"

    def __init__(self, settings: ShopDatabaseSettings) -> None:
        super().__init__(settings)
        self._rules: Sequence[Rule] = ()

    def rules(self) -> Sequence[Rule]:
        """All, whether they apply now or not."""
        return self._rules

    def _read(self, listener: Listener) -> None:
        rows = listener.rows(_ALL)
        self._rules = [Row(**dict(zip(_COLUMNS, row, strict=True))).held() for row in rows]
