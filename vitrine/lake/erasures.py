"""Who was taken out of the lake: remembered as digests, so that no later load brings them back."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from vitrine.lake.database import text
from vitrine.lake.declarations import Person
from vitrine.lake.place import Lake


class Erasure(msgspec.Struct, frozen=True):
    """Somebody was erased, with all that there was of them until then."""

    digest: str
    erased_at: datetime


def digest(kind: str, person: str) -> str:
    """The same as that of `left_out`, in SQL."""
    return hashlib.sha256(f"{kind}:{person}".encode()).hexdigest()


def erased(lake: Lake, source: str) -> list[Erasure]:
    """Who was erased from a source."""
    return [msgspec.json.decode(line, type=Erasure) for line in lake.read_lines("_erased", f"{source}.jsonl")]


def remember(lake: Lake, source: str, new: Iterable[Erasure]) -> None:
    """Remembers erasures; of several of one person the last counts."""
    known = {each.digest: each for each in erased(lake, source)}
    before = dict(known)
    for each in new:
        if each.digest not in known or known[each.digest].erased_at < each.erased_at:
            known[each.digest] = each
    if known != before:
        lake.write(msgspec.json.Encoder().encode_lines(list(known.values())), "_erased", f"{source}.jsonl")


def names_erased(erasures: Sequence[Erasure], person: Person | None, line: str, delimiter: str) -> str:
    """The SQL of whether one of the fields of a line, which could not be read as a row, is somebody who was erased."""
    if not erasures or person is None:
        return "false"
    digests = ", ".join(text(each.digest) for each in erasures)
    fields = f"""list_transform(str_split({line}, {text(delimiter)}), lambda field: trim(field, '" '))"""
    hashed = f"list_transform({fields}, lambda field: sha256({text(f'{person.kind}:')} || field))"
    return f"coalesce(list_has_any({hashed}, [{digests}]), false)"


def left_out(erasures: Sequence[Erasure], person: Person | None, column: str, time: str | None) -> str:
    """The SQL of whether a row is about somebody who was erased, and from before that.

    `column` and `time` are the SQL of the id and of the row's time; a row without a time is left out.
    """
    if not erasures or person is None:
        return "false"
    moments = ", ".join(
        f"'{each.digest}': TIMESTAMP '{each.erased_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'" for each in erasures
    )
    erased_at = f"MAP {{{moments}}}[sha256({text(f'{person.kind}:')} || {column})]"
    return f"coalesce({erased_at} >= coalesce({time or 'NULL'}, '-infinity'), false)"
