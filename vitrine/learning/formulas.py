"""The numbers of the formulas: what a view adds to the sums, and how the sums are read.

Times are days in here. Sums decay forward: a view at time t adds 2 ** ((t - landmark) / half-life), sums only grow,
and whoever reads divides by the weight of now. So nothing has to be aged, and the order in which views arrive does not
matter. Chosen on RetailRocket's validation sessions; half-lives of 60 to 150 and of 2 to 10 days are as good.
"""

from typing import NamedTuple

SECONDS_A_DAY = 86400.0
# Of a session, this many clicks before a click are counted with it.
CLICKS_BACK = 20
# A session ends with this silence.
SESSION_SECONDS = 30 * 60.0
# Of a history, the last so many clicks are read, and of these so many distinct products.
HISTORY_CLICKS = 50
HISTORY_PRODUCTS = 20


class Learning(NamedTuple):
    """What a click adds. A model file learned with other numbers cannot be gone on with."""

    # Half-lives, in days, of the long and the recent sums, and of the popularities of a day and of an hour.
    long: float = 92.0
    recent: float = 6.55
    day: float = 0.655
    hour: float = 0.0655
    # What a pair counts when read against the order in which it was clicked.
    back: float = 0.6
    # A click d places back counts exp(-distance (d - 1)); with n clicks before it, a click counts (n + 1) ** -length.
    distance: float = 0.5
    length: float = 0.1


class Reading(NamedTuple):
    """How candidates are found."""

    # The click `age` places back weighs age_base ** age (1 + age) ** -age_power.
    age_base: float = 0.7
    age_power: float = 0.2
    # A neighbour of weight v of a product whose pairs weigh R in total scores v ** 0.75 / R ** total_power.
    total_power: float = 0.4
    # So many candidates by that score; what is missing to all candidates is found in two steps.
    direct: int = 70
    candidates: int = 100
    # The products that second steps start from: the best candidates, and the newest product's strongest neighbours.
    stepping_stones: int = 30


LEARNING = Learning()
READING = Reading()
