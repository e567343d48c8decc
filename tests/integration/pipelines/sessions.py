"""Stored views of which a forest learns more than the linear scorer knows."""

import random
import time

from tests.integration.storage.keyspaces import row
from vitrine.storage import ViewRow


def sessions(count: int) -> list[ViewRow]:
    """Three views a visitor: one of 3 entries, then the middle, then one of 10 exits of a group of products.

    After the middle an exit comes next. To the linear scorer an entry, which comes before the middle three times as
    often as each exit comes after it, is as good; a forest tells before from after.
    """
    chance, now = random.Random(7), time.time()
    rows = []
    for visitor in range(count):
        group, start = chance.randrange(40), now - 60.0 * (count - visitor) - 600
        viewed = (f"entry-{group}-{chance.randrange(3)}", f"middle-{group}", f"exit-{group}-{chance.randrange(10)}")
        rows += [row(f"visitor-{visitor}", product, at=start + 5 * place) for place, product in enumerate(viewed)]
    return rows
