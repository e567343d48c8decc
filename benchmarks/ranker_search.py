"""Which forest is the best: a search over its size, its features and how many questions it learns from.

`python -m benchmarks.ranker_search FOLDER [--report PAGE]`, with a folder as for `vitrine.recommending.evaluate`; ten
minutes for RetailRocket on a quiet core. The questions are gathered once, in one pass over the stream; each forest is
fitted on the last of training and judged by the validation sessions, which training did not see. The test sessions are
not read. Differences from the shape in use are paired.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vitrine.learning import LINEAR, SMALL, Forest, Linear, Size, read_forest
from vitrine.recommending.evaluate import questions_of
from vitrine.recommending.evaluation.datasets import DataSet, read_data_set
from vitrine.recommending.evaluation.measures import Ranks, difference, gain, hit, score
from vitrine.recommending.evaluation.report import write_section
from vitrine.recommending.fitting import MAX_QUESTIONS, SHAPE, Question, Shape, fit_forest, rank_of_answer
from vitrine.recommending.replaying import Replay


class Candidate(NamedTuple):
    """A forest, and the questions that it learns from."""

    shape: Shape = SHAPE
    questions: int = MAX_QUESTIONS


IN_USE = "in use"
CANDIDATES = {
    IN_USE: Candidate(),
    "half the questions": Candidate(questions=MAX_QUESTIONS // 2),
    "15 features, 60 trees of 15 leaves": Candidate(Shape(trees=60, leaves=15, features=SMALL)),
    "15 features": Candidate(Shape(features=SMALL)),
    "60 trees": Candidate(Shape(trees=60)),
    "200 trees, rate 0.06": Candidate(Shape(trees=200, rate=0.06)),
    "63 leaves": Candidate(Shape(leaves=63)),
}


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


def rows(taught: Sequence[Question], judged: dict[str, Question]) -> Iterator[str]:
    """A row of the table for each candidate, and the best one by NDCG@10 in the end."""
    yield "| forest | HR@10 | NDCG@10 | HR@10 less the one in use | NDCG@10 less it |"
    yield "| --- | --- | --- | --- | --- |"
    found = {}
    for name, candidate in CANDIDATES.items():
        found[name] = ranks(judged, read_forest(fit_forest(taught[-candidate.questions :], candidate.shape)))
        yield _row(name, found[name], found[IN_USE])
    yield _row("none: the linear scorer", ranks(judged, LINEAR), found[IN_USE])
    best = max(found, key=lambda name: score(found[name], gain).mean)
    yield f"\nBest by NDCG@10: {best}."


def _row(name: str, found: Ranks, base: Ranks) -> str:
    figures = (score(found, hit), score(found, gain), difference(found, base, hit), difference(found, base, gain))
    return f"| {name} | {' | '.join(map(str, figures))} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--report", type=Path, metavar="PAGE", help="puts the table into docs/quality.md")
    options = parser.parse_args(arguments)
    taught, judged = gathered(read_data_set(options.folder, task="next-new", split="valid"))
    lines = []
    for line in rows(taught, judged):
        print(line, flush=True)
        lines.append(line)
    lines.append(
        f"{len(taught):,} questions to learn from, {len(judged):,} to judge by. In use: {SHAPE.trees} trees of "
        f"{SHAPE.leaves} leaves, rate {SHAPE.rate}, {len(SHAPE.features)} features, {MAX_QUESTIONS:,} questions."
    )
    if options.report:
        title, command = (
            f"{options.folder.name}, the search for a forest, valid, streamed",
            f"python -m benchmarks.ranker_search {options.folder.name}",
        )
        write_section(options.report, title, command, "\n".join(lines))


if __name__ == "__main__":
    main()
