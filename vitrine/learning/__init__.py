"""The model: pair counts that learn from each view as it passes, and what they say comes next."""

from vitrine.learning.features import LARGE, NO_CATEGORIES, SMALL, Categories
from vitrine.learning.forest import read_forest
from vitrine.learning.layout import Size
from vitrine.learning.model import MODEL_FILE, Events, Model, Policy, Stream
from vitrine.learning.reader import Generation, ModelReader, Ranked, Rising, Wanted
from vitrine.learning.scoring import LINEAR, Forest, Linear
from vitrine.learning.trends import Period
from vitrine.learning.warming import warm_up, warm_up_learning, warm_up_reading

__all__ = [
    "LARGE",
    "LINEAR",
    "MODEL_FILE",
    "NO_CATEGORIES",
    "SMALL",
    "Categories",
    "Events",
    "Forest",
    "Generation",
    "Linear",
    "Model",
    "ModelReader",
    "Period",
    "Policy",
    "Ranked",
    "Rising",
    "Size",
    "Stream",
    "Wanted",
    "read_forest",
    "warm_up",
    "warm_up_learning",
    "warm_up_reading",
]
