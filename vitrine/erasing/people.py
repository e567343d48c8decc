"""Which ids one person has."""


def ids_of(person: str) -> tuple[str, ...]:
    """All ids under which something of a person is kept: the one place that knows of joined identities.

    An erasure and an export go through all of them. Nothing joins ids yet.
    """
    return (person,)
