"""`python planted.py BUG[,BUG …] MODULE …`: runs a module with bugs. A suite that does not see them is worth nothing.

The bug `clock=-10` is a clock that is ten minutes slow.
"""

import runpy
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Message


def commit_before_write() -> None:
    """The consumer says that a batch is done before it is."""
    from vitrine.streaming.consuming import ConsumingLoop

    handled = ConsumingLoop._is_handled

    def early(self: ConsumingLoop, messages: list[Message]) -> bool:
        self._reader.done(messages)
        return handled(self, messages)

    ConsumingLoop._is_handled = early  # type: ignore[method-assign]


def erasure_that_forgets_a_store() -> None:
    """The API erases all but the copies of orders."""
    from vitrine.storage.tables.order_views import OrderLineStore

    def forget(_self: OrderLineStore, _person: str, **_: Any) -> int:  # noqa: ANN401
        return 0

    OrderLineStore.erase = forget  # type: ignore[method-assign,assignment]


def limit_that_is_not_atomic() -> None:
    """What is left of a limit is read first and written after."""
    import django

    set_up = django.setup

    def set_up_and_plant(set_prefix: bool = True) -> None:
        set_up(set_prefix)
        _plant_limit()

    # What keeps limits can be imported once Django is set up.
    django.setup = set_up_and_plant


def _plant_limit() -> None:
    from api import valkey
    from api.access import limiting

    def take(limits: Any, weight: int) -> Any:  # noqa: ANN401
        names = [f"planted:{each.kind}:{each.name}" for each in limits]
        known: Any = valkey.ask(lambda client: client.mget(names))
        spent = [int(each or 0) for each in known or [0] * len(names)]
        # As long as it takes others to ask in between.
        time.sleep(0.02)
        refusing = next((each for each, of in zip(limits, spent, strict=True) if of + weight > each.per_minute), None)
        if refusing is None:
            totals = {name: of + weight for name, of in zip(names, spent, strict=True)}
            valkey.ask(lambda client: client.mset(totals))
        left = tuple(limiting.Left(each, 0, 60.0) for each in limits)
        return limiting.Outcome(refusing, 60.0 if refusing else 0.0, left)

    limiting.take = take


def wrong_clock(minutes: int) -> None:
    """From now on it is another time for all of this process's Python."""
    import time_machine

    time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes), tick=True).start()


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug for bug in (commit_before_write, erasure_that_forgets_a_store, limit_that_is_not_atomic)
}

if __name__ == "__main__":
    bugs, module = sys.argv[1:3]
    # As `-m` has it: nothing of this folder is found before the project's own packages.
    del sys.path[0], sys.argv[:2]
    for bug in bugs.split(","):
        if bug.startswith("clock="):
            wrong_clock(int(bug.removeprefix("clock=")))
        else:
            BUGS[bug]()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
