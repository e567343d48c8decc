"""A learner as a process: `python -m tests.unit.vitrine.learning.learner FOLDER VIEWS [MAX_FILE_BYTES]`.

The file of views stands for a partition of Kafka: an offset is a line of it. A checkpoint is made every 200 views; each
is a line of output, and so is the offset that a start goes on with.
"""

import json
import resource
import sys
from pathlib import Path

from tests.unit.vitrine.learning.small_model import SMALL, View, events
from vitrine.errors import ModelFileError
from vitrine.learning import Model, Stream

BATCH = 20
EVERY = 200


def main(folder: Path, views_file: Path, max_file_bytes: int) -> None:
    with views_file.open() as file:
        views = [View(*json.loads(line)) for line in file]
    model = Model.open(folder, SMALL, seed=7)
    first = model.offsets(Stream.VIEWS).get(0, 0)
    _say("start", first)
    if max_file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    for at in range(first, len(views), BATCH):
        after = min(at + BATCH, len(views))
        model.learn(events(views[at:after]), offsets={0: after})
        if after % EVERY == 0:
            _checkpoint(model, after)
    _say("end", *model.counts.values())
    model.close()


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def _checkpoint(model: Model, after: int) -> None:
    try:
        model.checkpoint().result()
    except ModelFileError as error:
        _say("error", error)
    else:
        _say("checkpoint", after)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
