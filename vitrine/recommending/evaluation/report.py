"""What an evaluation found, as a table: the same for a terminal and for docs/quality.md."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.recommending.evaluation.measures import MEASURES, difference, score

_HEAD = ("lists", *MEASURES, "HR@10, the last of ours minus it", "coverage@20", "p50 / p99, ms")
_PAGE = """# How good the recommendations are

Made by `python -m vitrine.recommending.evaluate`: each section stands under the command that wrote it, and is replaced
when that is run again. The data are public, real shops' views; nothing that is fitted on them is shipped.

A question is asked before its click is learned. "Streamed" learns the click then, "frozen" never; baselines learn from
training alone, as lists that are rebuilt at night do. ± is one standard error, by session; differences are paired,
question by question. Times are processor time of one thread for one list.
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
    task: str
    split: str
    streamed: bool
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
        how = "streamed" if self.streamed else "frozen"
        return f"{self.data}, {self.task}, {self.split}, {how}"

    def as_text(self) -> str:
        """The table, with what else there is to say."""
        best = self.lists[self.ours[-1]]
        rows = [self._row(name, lists, best) for name, lists in self.lists.items()]
        table = [_line(_HEAD), _line(["---"] * len(_HEAD)), *map(_line, rows)]
        facts = (
            f"{len(best.ranks):,} questions, {self.products:,} products; the model's file holds "
            f"{self.model_bytes / 1e6:.0f} MB, the process took {self.peak_bytes / 1e6:.0f} MB at most."
        )
        return "\n".join([*table, "", facts, *self.notes])

    def _row(self, name: str, lists: Lists, best: Lists) -> list[str]:
        scores = [str(score(lists.ranks, measure)) for measure in MEASURES.values()]
        less = "-" if lists is best else str(difference(best.ranks, lists.ranks, MEASURES["HR@10"]))
        shown = {product for items in lists.items.values() for product in items}
        times = sorted(lists.seconds)
        middle, late = (times[min(len(times) - 1, len(times) * part // 100)] * 1000 for part in (50, 99))
        return [name, *scores, less, f"{len(shown) / self.products:.3f}", f"{middle:.2f} / {late:.2f}"]


def write_section(page: Path, title: str, command: str, text: str) -> None:
    """Puts a section into the page, in place of the one with the same title."""
    begin, end = f"<!-- {title} -->", f"<!-- end of {title} -->"
    section = f"{begin}\n## {title}\n\n    {command}\n\n{text}\n{end}\n"
    old = page.read_text() if page.exists() else _PAGE
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end) + "\n", re.DOTALL)
    if pattern.search(old):
        page.write_text(pattern.sub(lambda _: section, old))
    else:
        page.write_text(f"{old}\n{section}")


def line_chart(title: str, across: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """An SVG: (x, y) of each line, y from 0 to the largest."""
    width, height, left, bottom = 640, 320, 50, 50
    right = max(x for points in lines.values() for x, _ in points)
    top = max(y for points in lines.values() for _, y in points) * 1.1
    colours = ("#1f6f8b", "#c1440e", "#5b8c2a", "#6a4c93")

    def at(x: float, y: float) -> str:
        across_at = left + x / right * (width - left - 20)
        return f"{across_at:.1f},{height - bottom - y / top * (height - bottom - 40):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14">{title}</text>',
        f'<text x="{width / 2}" y="{height - 12}" text-anchor="middle">{across}</text>',
    ]
    for step in range(6):
        x, y = right * step / 5, top * step / 5
        (x_at, _), (_, y_at) = at(x, 0).split(","), at(0, y).split(",")
        parts += [
            f'<line x1="{left}" x2="{width - 20}" y1="{y_at}" y2="{y_at}" stroke="#ddd"/>',
            f'<text x="{left - 6}" y="{y_at}" text-anchor="end" dominant-baseline="middle">{y:.2f}</text>',
            f'<text x="{x_at}" y="{height - bottom + 18}" text-anchor="middle">{x:g}</text>',
        ]
    for number, ((name, points), colour) in enumerate(zip(lines.items(), colours, strict=False)):
        path = " ".join(at(x, y) for x, y in points)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{width - 24}" y="{36 + 16 * number}" text-anchor="end" fill="{colour}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
