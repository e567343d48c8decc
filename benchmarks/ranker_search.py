"""Which forest is the best: a search over its size and its features, on the validation sessions alone.

`python -m benchmarks.ranker_search FOLDER`, with a folder as for
`vitrine.recommending.evaluate`. The questions are gathered once, in one pass over the stream; each forest is fitted on
those of training and judged by those of the validation sessions, which training did not see. The test sessions are not
read. The line with the best NDCG@10 comes last, with its paired difference from the shape in use.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vitrine.learning import LINEAR, SMALL, Forest, Linear, Size, read_forest
from vitrine.recommending.evaluate import questions_of
from vitrine.recommending.evaluation.datasets import DataSet, read_data_set
from vitrine.recommending.evaluation.measures import Ranks, difference, gain, hit, score
from vitrine.recommending.fitting import MAX_QUESTIONS, SHAPE, Question, Shape, fit_forest, rank_of_answer
from vitrine.recommending.replaying import Replay

CANDIDATES = {
    "small, 60 x 15": Shape(trees=60, leaves=15, features=SMALL),
    "small, 120 x 31": Shape(features=SMALL),
    "large, 60 x 15": Shape(trees=60, leaves=15),
    "large, 60 x 31": Shape(trees=60),
    "large, 120 x 31, leaves of 50": Shape(min_leaf=50),
    "large, 200 x 31, rate .05": Shape(trees=200, rate=0.05),
}
IN_USE = "in use: large, 120 x 31"


def gathered(data: DataSet) -> tuple[list[Question], dict[str, Question]]:
    """The questions to learn from, and those to judge by, streamed."""
    with tempfile.TemporaryDirectory() as folder:
        size = Size(products=max(1_000, data.products))
        with Replay(Path(folder), size, categories=data.categories) as replay:
            taught = [question for question in questions_of(replay, data.training) if question.can_be_learned]
            names = [click.question for click in data.asked if click.question]
            judged = dict(zip(names, questions_of(replay, data.asked), strict=True))
    return taught[-MAX_QUESTIONS:], judged


def ranks(judged: dict[str, Question], scorer: Linear | Forest) -> Ranks:
    """What the scorer makes of each question."""
    return {name: rank_of_answer(question, scorer) for name, question in judged.items()}


def tell(name: str, found: Ranks, base: Ranks) -> None:
    """One line."""
    less = difference(found, base, gain)
    print(f"{name:32} HR@10 {score(found, hit)}  NDCG@10 {score(found, gain)}  less in use {less}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line a shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    taught, judged = gathered(read_data_set(options.folder, task="next-new", split="valid"))
    print(f"{len(taught)} questions to learn from, {len(judged)} to judge by")
    found = {IN_USE: ranks(judged, read_forest(fit_forest(taught, SHAPE)))}
    base = found[IN_USE]
    tell(IN_USE, base, base)
    tell("linear", ranks(judged, LINEAR), base)
    for name, shape in CANDIDATES.items():
        found[name] = ranks(judged, read_forest(fit_forest(taught, shape)))
        tell(name, found[name], base)
    best = max(found, key=lambda name: score(found[name], gain).mean)
    tell(f"best: {best}", found[best], base)


if __name__ == "__main__":
    main()
