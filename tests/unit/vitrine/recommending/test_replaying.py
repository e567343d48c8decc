"""A stream played to a model that is asked before it learns."""

from pathlib import Path

from vitrine.learning import Size
from vitrine.recommending.replaying import Click, Replay

SIZE = Size(products=64, neighbours=8, users=64, events=64)


def clicks(*products: str, question: str = "") -> list[Click]:
    """Of one user, the last with a question."""
    found = [Click("user", product, 10.0 * place) for place, product in enumerate(products)]
    return [*found[:-1], found[-1]._replace(question=question)]


def test_a_question_is_asked_before_its_click_is_learned_with_the_newest_view_first(tmp_path: Path) -> None:
    with Replay(tmp_path, SIZE, remembered=2) as replay:
        for asked in replay.play(clicks("a", "b", "c", "d", question="q")):
            assert asked.history == ["c", "b"]
            assert list(replay.generation.numbers_of(["c", "d"])) == [2, -1]
        assert replay.generation.numbers_of(["d"])[0] == 3


def test_without_learning_histories_go_on_and_the_model_stays(tmp_path: Path) -> None:
    with Replay(tmp_path, SIZE) as replay:
        (asked,) = replay.play(clicks("a", "b", question="q"), learning=False)
        assert asked.history == ["a"]
        assert replay.generation.newest is None


def test_categories_follow_the_numbers_that_the_model_gives(tmp_path: Path) -> None:
    """More products than there is room for: numbers go from one product to another."""
    names = [f"p{number}" for number in range(200)]
    of_product = {name: number for number, name in enumerate(names)}
    with Replay(tmp_path, SIZE, categories=of_product) as replay:
        for name in names:
            list(replay.play([Click(name, name, float(names.index(name)))]))
        assert replay.generation.numbering[1] > 0
        numbers = replay.generation.numbers_of(names)
        kept = {name: int(number) for name, number in zip(names, numbers, strict=True) if number >= 0}
        assert kept
        assert {name: replay.categories.category[number] for name, number in kept.items()} == {
            name: of_product[name] for name in kept
        }
