"""What an evaluation found, as a table: the same for a terminal and for docs/quality.md."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.recommending.evaluation.charts import bar_chart
from vitrine.recommending.evaluation.measures import MEASURES, difference, score
from vitrine.recommending.evaluation.runs import Task, bounds_of

HEAD = ("lists", *MEASURES, "HR@10, the last of ours minus it", "coverage@20", "p50 / p99, ms")
PAGE = """# How good the recommendations are

All of this page is written by two commands; each section stands under the one that wrote it, and is replaced when that
is run again:

    python -m vitrine.recommending.evaluate DATA --all --report docs/quality.md
    python -m benchmarks.ranker_search DATA/retailrocket --report docs/quality.md

DATA holds the folders retailrocket, diginetica, yoochoose100k and online_retail: views and orders of real shops. They
are not part of this repository, and nothing that is fitted on them is shipped.

A question is: which product does this shopper view next? Of "next-new" the answer is a product that the session has not
seen yet, and the lists are those of `GET user_history_recommendations/`; of "next-any" it may be one seen before. Of
"user10" the answers are the next ten products that are new to a customer.
"Streamed" learns each click right after it was asked for; "frozen" learns nothing after the training sessions.
Baselines are always frozen, as lists that are rebuilt at night. Forests are fitted on the last sessions of training.
± is one standard error, by session; differences are paired, question by question. Times are processor time of one
thread for one list.
"""


@dataclass
class Lists:
    """What one recommender answered: the rank of what came next, what was shown, how long it took (s)."""

    ranks: dict[str, int] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """All lists for the questions of one data set; those of ours come first."""

    data: str
    task: Task
    products: int
    lists: Mapping[str, Lists]
    ours: Sequence[str]
    model_bytes: int
    peak_bytes: int
    # What could not be done, in words.
    notes: Sequence[str] = ()

    @property
    def title(self) -> str:
        """Names the run."""
        how = "streamed" if self.task.streamed else "frozen"
        return f"{self.data}, {self.task.name}, {self.task.split}, {how}"

    def as_text(self) -> str:
        """The table, with what else there is to say."""
        best = self.lists[self.ours[-1]]
        rows = [self._row(name, lists, best) for name, lists in self.lists.items()]
        table = [_line(HEAD), _line(["---"] * len(HEAD)), *map(_line, rows)]
        facts = (
            f"{len(best.ranks):,} questions, {self.products:,} products; the model's file holds "
            f"{self.model_bytes / 1e6:.0f} MB, the process took {self.peak_bytes / 1e6:.0f} MB at most."
        )
        return "\n".join([*table, "", facts, *self.notes, *self._verdicts()])

    def as_bars(self) -> str:
        """The hit rates as an SVG."""
        rates = {name: score(lists.ranks, MEASURES["HR@10"]) for name, lists in self.lists.items()}
        return bar_chart(f"HR@10: {self.title}", rates, self.ours)

    def _verdicts(self) -> Iterator[str]:
        """What was promised, and whether it is kept."""
        for name, bound in bounds_of(self.data, self.task).items():
            if name not in self.lists:
                continue
            rate = score(self.lists[name].ranks, MEASURES["HR@10"]).mean
            wanted = {"bound": bound.least, "aim": bound.aim}
            words = (
                f"{word} {value:.3f} {'reached' if rate >= value else 'MISSED'}"
                for word, value in wanted.items()
                if value is not None
            )
            yield f"{name}, HR@10 {rate:.4f}: {', '.join(words)}."

    def _row(self, name: str, lists: Lists, best: Lists) -> list[str]:
        scores = [str(score(lists.ranks, measure)) for measure in MEASURES.values()]
        less = "-" if lists is best else str(difference(best.ranks, lists.ranks, MEASURES["HR@10"]))
        shown = {product for items in lists.items.values() for product in items}
        times = sorted(lists.seconds)
        middle, late = (times[min(len(times) - 1, len(times) * part // 100)] * 1000 for part in (50, 99))
        return [name, *scores, less, f"{len(shown) / self.products:.3f}", f"{middle:.2f} / {late:.2f}"]


def write_section(page: Path, title: str, command: str, text: str, picture: str = "") -> None:
    """Puts a section into the page, in place of the one with the same title; the picture, an SVG, beside the page."""
    begin, end = f"<!-- {title} -->", f"<!-- end of {title} -->"
    shown = f"\n![{title}]({_draw(page, title, picture)})\n" if picture else ""
    section = f"{begin}\n## {title}\n\n    {command}\n\n{text}\n{shown}{end}\n"
    old = page.read_text() if page.exists() else PAGE
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end) + "\n", re.DOTALL)
    if pattern.search(old):
        page.write_text(pattern.sub(lambda _: section, old))
    else:
        page.write_text(f"{old}\n{section}")


def _draw(page: Path, title: str, picture: str) -> str:
    """Where the picture lies, as the page names it."""
    name = f"images/quality-{'-'.join(re.findall(r'[a-z0-9]+', title.lower()))}.svg"
    (page.parent / "images").mkdir(exist_ok=True)
    (page.parent / name).write_text(picture)
    return name


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
