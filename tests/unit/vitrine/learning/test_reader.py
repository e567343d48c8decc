"""Lists: what is allowed, why, and what is read while the learner writes."""

import itertools
import math
import threading
from collections.abc import Callable

import numpy as np
import pytest

from tests.unit.vitrine.learning.small_model import by_time, events, learn, random_sessions, session
from vitrine.learning import Generation, Model, Wanted

NewModel = Callable[..., Model]


def products(generation: Generation, history: list[str], wanted: Wanted | None = None) -> list[str]:
    return [ranked.product for ranked in generation.rank(history, wanted or Wanted())]


def test_nothing_is_known_of_an_empty_model_or_of_a_stranger(model: Model) -> None:
    generation = Generation(model.path)
    assert generation.rank(["a"]) == []
    learn(model, session("u", "a b"))
    assert generation.rank(["x", "y"]) == []
    assert generation.rank([]) == []
    assert generation.similar("x") == []


def test_a_view_changes_the_next_answer_of_a_mapped_generation(model: Model) -> None:
    generation = Generation(model.path)
    learn(model, session("u", "a b"))
    assert products(generation, ["a"]) == ["b"]
    learn(model, session("v", "a new"))
    assert "new" in products(generation, ["a"])


def test_unknown_products_in_a_history_are_passed_over(model: Model) -> None:
    learn(model, random_sessions(1, users=20))
    generation = Generation(model.path)
    assert generation.rank(["x", "p1", "y", "p2"]) == generation.rank(["p1", "p2"])


def test_a_filter_leaves_only_what_is_allowed_and_still_fills_the_list(model: Model) -> None:
    """Of 300 products, 12 are allowed, which are far from the best; all that can be reached in two steps come."""
    learn(model, by_time(random_sessions(2, users=150, products=300)))
    generation = Generation(model.path)
    everything = products(generation, ["p1"])
    assert len(everything) == 100
    rare = [product for product in (f"p{n}" for n in range(300)) if product not in everything]
    rare = [product for product in rare if generation.numbers_of([product])[0] >= 0][:12]
    found = products(generation, ["p1"], Wanted(10, generation.mask_of([*rare, "unknown"])))
    assert set(found) <= set(rare)
    assert len(found) == 10


def test_a_filter_that_leaves_nothing(model: Model) -> None:
    learn(model, session("u", "a b"))
    generation = Generation(model.path)
    assert generation.rank(["a"], Wanted(allowed=generation.mask_of([]))) == []


def test_a_filter_without_effect_changes_nothing(model: Model) -> None:
    learn(model, by_time(random_sessions(3, users=60)))
    generation = Generation(model.path)
    all_of_them = Wanted(allowed=generation.mask_of([f"p{n}" for n in range(60)]))
    assert generation.rank(["p1", "p9"], all_of_them) == generation.rank(["p1", "p9"])


def test_a_limit_cuts_the_list(model: Model) -> None:
    learn(model, by_time(random_sessions(4, users=60)))
    generation = Generation(model.path)
    assert generation.rank(["p1"], Wanted(3)) == generation.rank(["p1"])[:3]


def test_what_is_similar_is_what_is_viewed_together(model: Model) -> None:
    learn(model, [*session("u", "a b"), *session("v", "x y")])
    assert [ranked.product for ranked in Generation(model.path).similar("y")] == ["x"]


def test_a_reason_is_what_most_of_the_score_comes_from(model: Model) -> None:
    learn(model, [*session("u", "a b"), *session("v", "a b"), *session("w", "c b"), *session("x", "d e")])
    generation = Generation(model.path)
    assert generation.because(["a", "c", "d"], ["b", "e"]) == [["a", "c"], ["d"]]
    assert generation.because(["a"], ["unknown"]) == [[]]


def test_the_reason_for_what_is_found_in_two_steps_is_where_they_begin(model: Model) -> None:
    learn(model, [*session("u", "a b"), *session("v", "b c"), *session("w", "x y")])
    assert products(Generation(model.path), ["x", "a"]).count("c") == 1
    assert Generation(model.path).because(["x", "a"], ["c"]) == [["a"]]


def test_numbering_changes_with_a_new_product_only(model: Model) -> None:
    learn(model, session("u", "a b"))
    generation = Generation(model.path)
    before = generation.numbering
    learn(model, session("v", "b a"))
    assert generation.numbering == before
    learn(model, session("w", "c"))
    assert generation.numbering != before


def test_whoever_reads_while_the_learner_writes_gets_known_products_and_numbers(model: Model) -> None:
    """A model that is full, so that products leave it and come; readers ask without a pause."""
    known = {f"p{n}" for n in range(1000)}
    generation = Generation(model.path)
    done = threading.Event()
    problems: list[object] = []
    answers = itertools.count()

    def read(seed: int) -> None:
        chance = np.random.default_rng(seed)
        while not done.is_set():
            found = generation.rank([f"p{n}" for n in chance.integers(0, 1000, 8)])
            next(answers)
            problems.extend(each for each in found if each.product not in known or not math.isfinite(each.score))

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(3)]
    for reader in readers:
        reader.start()
    for seed in range(15):
        model.learn(events(random_sessions(seed, users=100, products=1000, prefix=f"{seed}-")))
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert next(answers) > 100
    assert generation.numbering[1] > 10, "products left the model meanwhile"


def test_numbers_that_are_none_are_passed_over(model: Model) -> None:
    """What a reader may meet where a row is being written."""
    learn(model, [*session("u", "a b"), *session("v", "a c")])
    book = model._file.book
    a, b = (int(number) for number in Generation(model.path).numbers_of(["a", "b"]))
    book.neighbours[a, 0] = 2**31 - 1
    book.products[b]["neighbours"] = 2**31 - 1
    book.neighbours[b, 1] = -7
    found = Generation(model.path).rank(["a", "b"])
    assert [each.product for each in found] == ["c"]


@pytest.mark.parametrize("clicks", [1, 20, 21, 50, 51, 300])
def test_histories_of_every_length(model: Model, clicks: int) -> None:
    learn(model, by_time(random_sessions(5, users=80)))
    history = [f"p{n % 35}" for n in range(clicks)]
    generation = Generation(model.path)
    assert generation.rank(history) == generation.rank(history[:50])
    assert generation.rank(history, Wanted(may_repeat=True))
