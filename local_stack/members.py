"""The brokers of one Kafka, or the nodes of one Cassandra: each at an address of its own, all at the same ports."""

from collections.abc import Sequence

# More members than this share the data out.
MAXIMUM_COPIES = 3


def addresses(count: int) -> Sequence[str]:
    """Of the members from the first; Linux answers on all of 127.0.0.0/8."""
    return [f"127.0.0.{number}" for number in range(1, count + 1)]


def name_of(program: str, number: int, count: int) -> str:
    """Of a member's process and of its folder: that of the program where it is alone."""
    return program if count == 1 else f"{program}-{number}"


def program_of(name: str) -> str:
    """The program of a member's process: the opposite of `name_of`."""
    program, _, number = name.rpartition("-")
    return program if number.isdecimal() else name


def copies(count: int) -> int:
    """How many members hold each piece of the data."""
    return min(count, MAXIMUM_COPIES)
