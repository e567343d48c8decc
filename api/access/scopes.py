"""What a key may do."""

from enum import StrEnum


class Scope(StrEnum):
    VIEWS_WRITE = "views:write"
    HISTORY_READ = "history:read"
    HISTORY_DELETE = "history:delete"
    RECOMMENDATIONS_READ = "recommendations:read"
    CATALOGUE_WRITE = "catalogue:write"
    ANALYTICS_READ = "analytics:read"
    PEOPLE_ERASE = "people:erase"
    OPERATIONS_READ = "operations:read"
    KEYS_ADMIN = "keys:admin"
    RULES_WRITE = "rules:write"
    EXPERIMENTS_WRITE = "experiments:write"


# A key in a page can be read by whoever opens that page: it can never do more than these.
BROWSER_SCOPES = frozenset({Scope.VIEWS_WRITE, Scope.HISTORY_READ, Scope.HISTORY_DELETE, Scope.RECOMMENDATIONS_READ})
