"""A member's name leads back to its program, whose jars it needs."""

import pytest

from local_stack.members import name_of, program_of


@pytest.mark.parametrize("program", ["kafka", "cassandra", "s3proxy"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_name_of_each_member_names_its_program(program: str, count: int) -> None:
    names = [name_of(program, number, count) for number in range(1, count + 1)]
    assert (len(set(names)), {program_of(name) for name in names}) == (count, {program})
