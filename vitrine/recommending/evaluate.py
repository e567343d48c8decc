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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from vitrine.errors import VitrineError
from vitrine.learning import LINEAR, Forest, Linear, Size, Wanted, read_forest
from vitrine.logs import configure_logging, say
from vitrine.recommending import Assortment
from vitrine.recommending.evaluation.baselines import baselines
from vitrine.recommending.evaluation.charts import line_chart
from vitrine.recommending.evaluation.customers import as_text, lists_for, read_purchases
from vitrine.recommending.evaluation.datasets import SECONDS_A_DAY, DataSet, read_data_set
from vitrine.recommending.evaluation.measures import MEASURES, rank_in, score
from vitrine.recommending.evaluation.ours import Repeating, Served, shop_of
from vitrine.recommending.evaluation.report import Lists, Report, write_section
from vitrine.recommending.evaluation.runs import BEGINNING, FOREST_LISTS, LINEAR_LISTS, PURCHASES, RUNS, Task
from vitrine.recommending.fitting import MAX_QUESTIONS, MIN_QUESTIONS, SHAPE, Question, Shape, fit_forest
from vitrine.recommending.replaying import Asked, Click, Replay

# Of the shop that begins with nothing, every so manieth session is asked; a point is the mean over so many days.
_BEGINNING_SESSIONS = 20
_BEGINNING_DAYS = 5

_TASKS = "whether views may repeat; user10, of online_retail: what customers buy anew"

Answer = Callable[[Asked], list[str]]


def evaluate(data: DataSet, task: Task, shape: Shape = SHAPE) -> Report:
    """All lists for all questions of a data set."""
    size = Size(products=max(1_000, data.products))
    with tempfile.TemporaryDirectory() as folder, Replay(Path(folder), size, categories=data.categories) as replay:
        scorers, notes = _learn_training(replay, data, task, shape)
        answers = _answers(replay, scorers, data, task)
        lists = {name: Lists() for name in answers}
        for asked in replay.play(data.asked, learning=task.streamed):
            for name, answer in answers.items():
                _note(lists[name], asked, answer)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Report(data.name, task, data.products, lists, tuple(scorers), size.bytes, peak, notes)


def _answers(replay: Replay, scorers: Mapping[str, Linear | Forest], data: DataSet, task: Task) -> dict[str, Answer]:
    """Who is asked, by name; ours first."""
    shop, may_repeat = shop_of(data), task.name == "next-any"
    answers: dict[str, Answer] = {
        name: Repeating(replay, scorer) if may_repeat else Served(replay, scorer, shop)
        for name, scorer in scorers.items()
    }
    if task.with_baselines:
        found = baselines(data, shop, may_repeat=may_repeat)
        answers |= {name: _of_history(ask) for name, ask in found.items()}
    return answers


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
        answer = Served(replay, LINEAR, Assortment())
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


def _write(path: Path, lists: Mapping[str, Sequence[str]]) -> None:
    """A line {"id", "items"} a question."""
    with path.open("w") as file:
        file.writelines(json.dumps({"id": name, "items": items}) + "\n" for name, items in lists.items())


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    configure_logging()
    try:
        _run(options)
    except (VitrineError, OSError) as error:
        say("vitrine.recommending.evaluate", f"vitrine.recommending.evaluate: {error}", level=logging.ERROR)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    task = Task(options.task, options.split, options.streamed, not options.no_forest, not options.no_baselines)
    if options.all:
        for run in RUNS:
            _evaluate(options.folder / run.data, run.task, options)
        _evaluate_purchases(options.folder / PURCHASES, "test", options)
        _begin(options.folder / BEGINNING, options)
    elif options.task == "user10":
        _evaluate_purchases(options.folder, options.split, options)
    elif options.beginning:
        _begin(options.folder, options)
    else:
        _evaluate(options.folder, task, options)


def _evaluate(folder: Path, task: Task, options: argparse.Namespace) -> None:
    report = evaluate(read_data_set(folder, task=task.name, split=task.split), task)
    print(f"{report.title}\n\n{report.as_text()}\n", flush=True)
    if options.predictions:
        _write(options.predictions, report.lists[report.ours[-1]].items)
    if options.report:
        write_section(options.report, report.title, _command(folder, task), report.as_text(), report.as_bars())


def _evaluate_purchases(folder: Path, split: str, options: argparse.Namespace) -> None:
    """Of those who bought before, what they buy anew."""
    purchases = read_purchases(folder, split=split)
    lists = lists_for(purchases)
    title, text = f"{folder.name}, user10, {split}, frozen", as_text(lists, purchases)
    print(f"{title}\n\n{text}\n", flush=True)
    if options.predictions:
        _write(options.predictions, {f"u{user}": items for user, items in lists[LINEAR_LISTS].items()})
    if options.report:
        command = f"python -m vitrine.recommending.evaluate {folder.name} --task user10 --split {split}"
        write_section(options.report, title, command, text)


def _begin(folder: Path, options: argparse.Namespace) -> None:
    """How fast a shop that begins with nothing becomes good."""
    data = read_data_set(folder, task="next-new", split="test")
    points = beginning(data)
    title = f"{data.name}, a shop that begins with nothing, streamed"
    rows = ["| days since the first view | HR@10, linear scorer |", "| --- | --- |"]
    rows += [f"| {days:.1f} | {rate:.4f} |" for days, rate in points]
    text = "\n".join(rows)
    print(f"{title}\n\n{text}\n", flush=True)
    if options.report:
        drawn = line_chart(f"HR@10: {title}", "days since the first view", {"linear": [(0.0, 0.0), *points]})
        command = f"python -m vitrine.recommending.evaluate {folder.name} --beginning"
        write_section(options.report, title, command, text, drawn)


def _command(folder: Path, task: Task) -> str:
    """As it can be typed elsewhere: without the files and folders of this machine."""
    flags = {
        "--streamed": task.streamed,
        "--no-forest": not task.with_forest,
        "--no-baselines": not task.with_baselines,
    }
    shown = [folder.name, "--task", task.name, "--split", task.split, *(flag for flag, on in flags.items() if on)]
    return " ".join(["python -m vitrine.recommending.evaluate", *shown])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m vitrine.recommending.evaluate", description="How good the recommendations are, on public data."
    )
    parser.add_argument("folder", type=Path, help="of sessions, such as retailrocket")
    parser.add_argument("--task", choices=["next-new", "next-any", "user10"], default="next-new", help=_TASKS)
    parser.add_argument(
        "--split", choices=["test", "valid"], default="test", help="valid: the last of training is asked"
    )
    parser.add_argument("--streamed", action="store_true", help="each click is learned once it has been asked for")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help='our lists, as lines {"id", "items"}')
    parser.add_argument("--no-forest", action="store_true", help="the linear scorer alone")
    parser.add_argument("--no-baselines", action="store_true", help="our lists alone")
    parser.add_argument(
        "--report", type=Path, metavar="PAGE", help="puts the table and its chart into a page such as docs/quality.md"
    )
    several = parser.add_mutually_exclusive_group()
    several.add_argument(
        "--beginning", action="store_true", help="the hit rate of a shop that begins with nothing, day by day, instead"
    )
    several.add_argument(
        "--all", action="store_true", help="FOLDER holds the data sets: all that docs/quality.md consists of"
    )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
