"""Every running experiment, in the memory of each process: no request of a shopper reads Postgres for one.

Postgres tells of a change when it is committed (LISTEN), so an experiment starts and stops everywhere within a second.
Without Postgres those that were read run on, and `health/` says so; before the first read there are none.
"""

from collections.abc import Sequence

from api.experiments.models import Arm
from api.experiments.validators import RUNNING_MAXIMUM
from vitrine.experiments import Experiment
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.listening import Copy, Listener

_COLUMNS = ("name", "weight", "sources", "rules", "model", "shows_nothing")
# The one that was started first comes first.
_RUNNING = (
    "SELECT id, name, salt, list, placement FROM experiments WHERE state = 'running'"  # noqa: S608 - constants
    f" ORDER BY started_at, id LIMIT {RUNNING_MAXIMUM}"
)
_ARMS = (
    f"SELECT experiment_id, {', '.join(_COLUMNS)} FROM experiment_arms WHERE experiment_id = ANY(%s)"  # noqa: S608 - constants
    " ORDER BY experiment_id, position"
)


class ExperimentBook(Copy):
    """The running experiments. Safe to share between threads: they are replaced whole."""

    channel = "vitrine_experiments"
    what = "experiments"
    missing = "the tables of experiments"

    def __init__(self, settings: ShopDatabaseSettings) -> None:
        super().__init__(settings)
        self._running: Sequence[Experiment] = ()

    def running(self) -> Sequence[Experiment]:
        """All, the one that was started first first."""
        return self._running

    def _read(self, listener: Listener) -> None:
        found = listener.rows(_RUNNING)
        arms = listener.rows(_ARMS, ([each[0] for each in found],)) if found else []
        self._running = [
            Experiment(
                name,
                salt,
                tuple(Arm(**dict(zip(_COLUMNS, row, strict=True))).held() for of, *row in arms if of == number),
                list_name,
                placement,
            )
            for number, name, salt, list_name, placement in found
        ]
