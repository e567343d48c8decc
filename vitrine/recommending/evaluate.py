"""How good the recommendations are, on public data, through the code that serves.

`python -m vitrine.recommending.evaluate FOLDER` reads sessions (vitrine.recommending.evaluation.datasets says of which
form), lets a model learn those of training, fits a forest on the last of them, and asks for the next product after each
click of the test. A list is asked for before its click is learned; with `--streamed` the click is learned then, without
it never. Nothing that is fitted here is kept.

Exit status: 0 done, 1 it could not be done, 2 the command line is wrong.
"""

import argparse
import json
import logging
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vitrine.errors import VitrineError
from vitrine.learning import LINEAR, Forest, Linear, Size, Wanted, read_forest
from vitrine.learning.formulas import HISTORY_CLICKS
from vitrine.logs import configure_logging, say
from vitrine.recommending.evaluation.baselines import LENGTH, baselines
from vitrine.recommending.evaluation.datasets import SECONDS_A_DAY, DataSet, read_data_set
from vitrine.recommending.evaluation.measures import MEASURES, rank_in, score
from vitrine.recommending.evaluation.report import Lists, Report, line_chart, write_section
from vitrine.recommending.fitting import MAX_QUESTIONS, MIN_QUESTIONS, SHAPE, Question, Shape, fit_forest
from vitrine.recommending.replaying import Asked, Click, Replay

LINEAR_LISTS, FOREST_LISTS = "Vitrine, linear", "Vitrine, own forest"
# Of the shop that begins with nothing, every so manieth session is asked; a point is the mean over so many days.
_BEGINNING_SESSIONS = 20
_BEGINNING_DAYS = 5

Answer = Callable[[Asked], list[str]]


class Task(NamedTuple):
    """What is asked for, when it is learned, and who answers."""

    name: str = "next-new"
    split: str = "test"
    streamed: bool = False
    with_forest: bool = True
    with_baselines: bool = True


class Ours:
    """Lists by the model, as a request gets them: what was viewed is out, unless it may come again."""

    def __init__(self, replay: Replay, scorer: Linear | Forest, task: str) -> None:
        self._replay, self._scorer = replay, scorer
        self._may_repeat = task == "next-any"

    def __call__(self, asked: Asked) -> list[str]:
        # The model looks at the last clicks only; what was viewed before those is taken out afterwards.
        is_long = len(asked.history) > HISTORY_CLICKS
        wanted = Wanted(may_repeat=self._may_repeat) if is_long else Wanted(LENGTH, may_repeat=self._may_repeat)
        ranked = self._replay.generation.rank(
            asked.history, wanted, scorer=self._scorer, categories=self._replay.categories
        )
        products = [each.product for each in ranked]
        if is_long and not self._may_repeat:
            seen = set(asked.history)
            products = [product for product in products if product not in seen]
        return products[:LENGTH]


def evaluate(data: DataSet, task: Task, shape: Shape = SHAPE) -> Report:
    """All lists for all questions of a data set."""
    size = Size(products=max(1_000, data.products))
    with tempfile.TemporaryDirectory() as folder, Replay(Path(folder), size, categories=data.categories) as replay:
        scorers, notes = _learn_training(replay, data, task, shape)
        answers: dict[str, Answer] = {name: Ours(replay, scorer, task.name) for name, scorer in scorers.items()}
        if task.with_baselines and task.name == "next-new":
            answers |= {name: _of_history(ask) for name, ask in baselines(data).items()}
        lists = {name: Lists() for name in answers}
        for asked in replay.play(data.asked, learning=task.streamed):
            for name, answer in answers.items():
                _note(lists[name], asked, answer)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Report(
        data.name, task.name, task.split, task.streamed, data.products, lists, tuple(scorers), size.bytes, peak, notes
    )


def _learn_training(
    replay: Replay, data: DataSet, task: Task, shape: Shape
) -> tuple[dict[str, Linear | Forest], list[str]]:
    """Learns all of training, and a forest from its last questions."""
    scorers: dict[str, Linear | Forest] = {LINEAR_LISTS: LINEAR}
    questions: deque[Question] = deque(maxlen=MAX_QUESTIONS)
    clicks = data.training if task.with_forest else [click._replace(question="") for click in data.training]
    for question in questions_of(replay, clicks, may_repeat=task.name == "next-any"):
        if question.can_be_learned:
            questions.append(question)
    if not task.with_forest:
        return scorers, []
    if len(questions) < MIN_QUESTIONS:
        return scorers, [f"{len(questions)} questions to learn from are too few for a forest ({MIN_QUESTIONS})."]
    started = time.process_time()
    scorers[FOREST_LISTS] = read_forest(fit_forest(questions, shape))
    spent = time.process_time() - started
    return scorers, [f"The forest was fitted on {len(questions):,} questions of training in {spent:.0f} s."]


def questions_of(replay: Replay, clicks: Iterable[Click], *, may_repeat: bool = False) -> Iterator[Question]:
    """The features of the candidates of each question, as they were when it was asked."""
    for click, history in replay.play(clicks):
        wanted = Wanted(may_repeat=may_repeat)
        candidates, features = replay.generation.features(history, wanted, categories=replay.categories)
        yield Question.of(candidates, features, click.product)


def beginning(data: DataSet) -> list[tuple[float, float]]:
    """A shop that begins with nothing: (days since its first view, HR@10 of the linear scorer), streamed."""
    first, ranks = data.training[0].time, dict[int, dict[str, int]]()
    with (
        tempfile.TemporaryDirectory() as folder,
        Replay(Path(folder), Size(products=max(1_000, data.products))) as replay,
    ):
        answer = Ours(replay, LINEAR, "next-new")
        for asked in replay.play(_some_asked(data.training)):
            days = int((asked.click.time - first) / SECONDS_A_DAY // _BEGINNING_DAYS)
            ranks.setdefault(days, {})[asked.click.question] = rank_in(answer(asked), asked.click.product)
    return [((days + 0.5) * _BEGINNING_DAYS, score(ranks[days], MEASURES["HR@10"]).mean) for days in sorted(ranks)]


def _some_asked(clicks: Iterable[Click]) -> Iterator[Click]:
    """Every 20th session asks for its new products."""
    seen: dict[str, set[str]] = {}
    for click in clicks:
        name = ""
        if int(click.user[1:]) % _BEGINNING_SESSIONS == 0:
            before = seen.setdefault(click.user, set())
            if before and click.product not in before:
                name = f"{click.user}:{len(before)}"
            before.add(click.product)
        yield click._replace(question=name)


def _of_history(ask: Callable[[Sequence[str]], list[str]]) -> Answer:
    return lambda asked: ask(asked.history)


def _note(lists: Lists, asked: Asked, answer: Answer) -> None:
    started = time.thread_time()
    items = answer(asked)
    lists.seconds.append(time.thread_time() - started)
    lists.items[asked.click.question] = items
    lists.ranks[asked.click.question] = rank_in(items, asked.click.product)


def write_predictions(path: Path, lists: Lists) -> None:
    """A line {"id", "items"} a question."""
    with path.open("w") as file:
        file.writelines(json.dumps({"id": name, "items": items}) + "\n" for name, items in lists.items.items())


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    configure_logging()
    try:
        data = read_data_set(options.folder, task=options.task, split=options.split)
        _run(options, data)
    except (VitrineError, OSError) as error:
        say("vitrine.recommending.evaluate", f"vitrine.recommending.evaluate: {error}", level=logging.ERROR)
        return 1
    return 0


def _run(options: argparse.Namespace, data: DataSet) -> None:
    if options.beginning:
        _draw_beginning(options.beginning, data)
        return
    task = Task(options.task, options.split, options.streamed, not options.no_forest, not options.no_baselines)
    report = evaluate(data, task)
    print(f"{report.title}\n\n{report.as_text()}")
    if options.predictions:
        write_predictions(options.predictions, report.lists[report.ours[-1]])
    if options.report:
        write_section(options.report, report.title, _command(options), report.as_text())


def _draw_beginning(picture: Path, data: DataSet) -> None:
    points = beginning(data)
    for days, rate in points:
        print(f"day {days:5.1f}  HR@10 {rate:.4f}")
    title = f"{data.name}: a shop that begins with nothing, linear scorer, next-new HR@10"
    picture.write_text(line_chart(title, "days since the first view", {"HR@10": [(0.0, 0.0), *points]}))


def _command(options: argparse.Namespace) -> str:
    """As it can be typed elsewhere: without the files and folders of this machine."""
    flags = {"--streamed": options.streamed, "--no-forest": options.no_forest, "--no-baselines": options.no_baselines}
    shown = [options.folder.name, "--task", options.task, "--split", options.split]
    return " ".join(["python -m vitrine.recommending.evaluate", *shown, *(flag for flag, on in flags.items() if on)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m vitrine.recommending.evaluate", description="How good the recommendations are, on public data."
    )
    parser.add_argument("folder", type=Path, help="of sessions, such as retailrocket")
    parser.add_argument("--task", choices=["next-new", "next-any"], default="next-new", help="whether views may repeat")
    parser.add_argument(
        "--split", choices=["test", "valid"], default="test", help="valid: the last of training is asked"
    )
    parser.add_argument("--streamed", action="store_true", help="each click is learned once it has been asked for")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help='our lists, as lines {"id", "items"}')
    parser.add_argument("--no-forest", action="store_true", help="the linear scorer alone")
    parser.add_argument("--no-baselines", action="store_true", help="our lists alone")
    parser.add_argument(
        "--report", type=Path, metavar="PAGE", help="puts the table into a page such as docs/quality.md"
    )
    parser.add_argument("--beginning", type=Path, metavar="SVG", help="draws a shop that begins with nothing instead")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
