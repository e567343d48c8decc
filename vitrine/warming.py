"""Compiles what learns and ranks before it is needed: `python -m vitrine.warming`.

A minute of processor time where nothing is cached yet, else two seconds. What starts later takes it from the cache.
"""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.learning.layout import Size
from vitrine.learning.model import Events, Model, Stream
from vitrine.learning.reader import Generation
from vitrine.learning.trends import Period


def warm_up() -> None:
    """Learns a little, takes it back, and ranks, in a folder that is gone afterwards."""
    stored = [("product-1", "1", 0.0), ("product-2", "2", 1.0)]
    events = Events(["user"] * 2, *(list(column) for column in zip(*stored, strict=True)))
    size = Size(products=16, neighbours=8, users=8, events=8)
    with TemporaryDirectory() as folder, closing(Model.open(Path(folder), size)) as model:
        for stream in Stream:
            model.learn(events, stream=stream)
        generation = Generation(model.path)
        generation.rank(["product-1"])
        generation.because(["product-1"], ["product-2"])
        generation.rising(Period.DAY)
        generation.features(["product-1"])
        model.forget("user", stored)


if __name__ == "__main__":
    warm_up()
