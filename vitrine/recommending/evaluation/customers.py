"""What customers of Online Retail buy next: from all purchases before a day, at most ten products new to each.

`transactions.csv.gz` has InvoiceNo, StockCode, Quantity, InvoiceDate, CustomerID; cancelled lines and those without a
customer are left out. Each line is learned as one of an order; nothing is learned after the day, and nothing is fitted.
"""

import csv
import gzip
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from vitrine.errors import EvaluationError
from vitrine.learning import LINEAR, Size
from vitrine.recommending import Assortment
from vitrine.recommending.evaluation.measures import Estimate, estimate
from vitrine.recommending.evaluation.ours import LENGTH, Served
from vitrine.recommending.evaluation.runs import LINEAR_LISTS
from vitrine.recommending.replaying import Asked, Click, Replay

CUTS = {"test": "2011-11-10", "valid": "2011-10-11"}
_RELEVANT = 10


class Purchases(NamedTuple):
    """What is learned, in order of time; and what each returning customer bought anew afterwards."""

    before: Sequence[Click]
    after: Mapping[str, Sequence[str]]
    cut: float

    @property
    def histories(self) -> dict[str, list[str]]:
        """Of each customer, newest first."""
        found: dict[str, list[str]] = defaultdict(list)
        for click in reversed(self.before):
            found[click.user].append(click.product)
        return found


def read_purchases(folder: Path, *, split: str) -> Purchases:
    """Raises EvaluationError where the folder is of another form."""
    try:
        with gzip.open(folder / "transactions.csv.gz", "rt") as file:
            lines = [_line(row) for row in csv.DictReader(file) if _counts(row)]
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"{folder}: cannot be read as purchases: {error!r}") from None
    cut, end = _moment(CUTS[split]), _moment(CUTS["test"]) if split == "valid" else math.inf
    lines.sort(key=lambda line: (line.time, line.user, line.product))
    before = [line for line in lines if line.time < cut]
    bought, after = {(line.user, line.product) for line in before}, defaultdict[str, list[str]](list)
    returning = {line.user for line in before}
    for line in lines:
        is_new = (line.user, line.product) not in bought
        if cut <= line.time < end and line.user in returning and is_new and line.product not in after[line.user]:
            after[line.user].append(line.product)
    return Purchases(before, {user: products[:_RELEVANT] for user, products in after.items() if products}, cut)


def lists_for(purchases: Purchases) -> dict[str, dict[str, list[str]]]:
    """Ours and the best sellers, by customer."""
    histories = purchases.histories
    ranked = [product for product, _ in Counter(click.product for click in purchases.before).most_common()]
    found: dict[str, dict[str, list[str]]] = {LINEAR_LISTS: {}, "best sellers": {}}
    size = Size(products=max(1_000, len(ranked)))
    with tempfile.TemporaryDirectory() as folder, Replay(Path(folder), size) as replay:
        list(replay.play(purchases.before))
        answer = Served(replay, LINEAR, Assortment())
        for user in purchases.after:
            history = histories[user]
            found[LINEAR_LISTS][user] = answer(Asked(Click(user, "", purchases.cut), history))
            seen = set(history)
            found["best sellers"][user] = [product for product in ranked if product not in seen][:LENGTH]
    return found


def as_text(lists: Mapping[str, Mapping[str, Sequence[str]]], purchases: Purchases) -> str:
    """A table; where several products are right, NDCG@10 is of all of them."""
    rows = [
        f"| {name} | {_mean(items, purchases, _hit)} | {_mean(items, purchases, _gain)} |"
        for name, items in lists.items()
    ]
    facts = f"{len(purchases.after):,} customers. The aim is EASE's HR@10 of 0.319, which is fitted every night."
    return "\n".join(["| lists | HR@10 | NDCG@10 |", "| --- | --- | --- |", *rows, "", facts])


def _mean(
    items: Mapping[str, Sequence[str]],
    purchases: Purchases,
    measure: Callable[[Sequence[bool], Sequence[str]], float],
) -> Estimate:
    histories = purchases.histories
    values = {}
    for user, right in purchases.after.items():
        bought = set(histories[user])
        hits = [product in right and product not in bought for product in items[user][:10]]
        values[user] = measure(hits, right)
    return estimate(values)


def _hit(hits: Sequence[bool], _: Sequence[str]) -> float:
    return float(any(hits))


def _gain(hits: Sequence[bool], right: Sequence[str]) -> float:
    gains = [1 / math.log2(rank + 1) for rank in range(1, 11)]
    return sum(gain for gain, is_hit in zip(gains, hits, strict=False) if is_hit) / sum(gains[: len(right)])


def _counts(row: Mapping[str, str]) -> bool:
    return bool(row["CustomerID"]) and float(row["Quantity"]) > 0 and not row["InvoiceNo"].startswith("C")


def _line(row: Mapping[str, str]) -> Click:
    return Click(row["CustomerID"], row["StockCode"], _moment(row["InvoiceDate"]))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
