"""What is read out of a file, with which line numbers, and what is said of the rest."""

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine import event_files
from vitrine.event_files import STANDARD_INPUT, Fault, Text, open_input, texts

VIEW = {"event": "ProductView", "text": 'ünï "quoted" \\ ] } , {"', "deep": {"a": [1, 2.5e-3, True, None, {"b": []}]}}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read(folder: Path, content: bytes) -> list[Text | Fault]:
    (folder / "file").write_bytes(content)
    with open_input(str(folder / "file")) as (_, file):
        return list(texts(file))


def values(found: list[Text | Fault]) -> list[tuple[int, Any]]:
    """Lines and parsed texts of what must have no fault."""
    assert not [each for each in found if isinstance(each, Fault)], found
    return [(each[0], json.loads(each[1])) for each in found if not isinstance(each, Fault)]


def dump(value: object, **options: Any) -> bytes:  # noqa: ANN401 - whatever json.dumps takes
    return json.dumps(value, ensure_ascii=False, **options).encode()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "BLOCK_BYTES", 3)


# ---- lines


def test_lines_are_numbered_and_empty_ones_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, b'\n  \n{"a":1}\n\n\t{"b":2} \n{"c":3}') == [
        (3, b'{"a":1}'),
        (5, b'{"b":2}'),
        (6, b'{"c":3}'),
    ]


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_text(tmp_path: Path) -> None:
    content = BYTE_ORDER_MARK + b'{"a":1}\r\n\r\n{"b":2}\r\n'
    assert read(tmp_path, content) == [(1, b'{"a":1}'), (3, b'{"b":2}')]


def test_a_byte_order_mark_may_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "BLOCK_BYTES", 1)
    assert read(tmp_path, gzip.compress(BYTE_ORDER_MARK + b'[{"a":1}]')) == [(1, b'{"a":1}')]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n\t", BYTE_ORDER_MARK, gzip.compress(b"", mtime=0)])
def test_a_blank_file_holds_nothing(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == []


def test_a_line_is_left_as_it_is_whatever_it_says(tmp_path: Path) -> None:
    assert read(tmp_path, b'{"a": "\xff"}\nnonsense\n') == [(1, b'{"a": "\xff"}'), (2, b"nonsense")]


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "MAX_TEXT_BYTES", 100)
    content = b'{"a":1}\n' + b"x" * 100_000 + b'\n{"b":2}\n' + b"y" * 101
    fault = "longer than 100 bytes"
    assert read(tmp_path, content) == [(1, b'{"a":1}'), Fault(2, fault), (3, b'{"b":2}'), Fault(4, fault)]


# ---- one array


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
@pytest.mark.parametrize("before", [b"", b" \n\n", BYTE_ORDER_MARK, b"\r\n" * 10_000])
@pytest.mark.usefixtures("small_blocks")
def test_the_elements_of_an_array_are_read_piece_by_piece(tmp_path: Path, indent: str | int, before: bytes) -> None:
    found = read(tmp_path, before + dump([VIEW] * 3, indent=indent) + b"\n")
    assert [value for _, value in values(found)] == [VIEW] * 3


def test_an_element_has_the_line_on_which_it_starts(tmp_path: Path) -> None:
    assert read(tmp_path, b'\n[\n{"a":1},\r\n\r\n  {"b":\n2}\n,{"c":3},{"d":4}]') == [
        (3, b'{"a":1}'),
        (5, b'{"b":\n2}'),
        (7, b'{"c":3}'),
        (7, b'{"d":4}'),
    ]


@pytest.mark.parametrize("content", [b"[]", b"[ \n ]", b"\n[]\n\n", gzip.compress(b"[]", mtime=0)])
def test_an_empty_array_holds_nothing(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == []


@pytest.mark.parametrize("block", range(1, 40))
def test_what_a_block_cuts_is_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(event_files, "BLOCK_BYTES", block)
    elements = (
        rb'{"\ud83d\ude00":"\u00fc\\\"","n":-12.5e+30}',
        b"-12.5E-3",
        b"true",
        b"null",
        '"ü😀"'.encode(),
        b"12345",
    )
    assert read(tmp_path, b"[" + b",".join(elements) + b"]") == [(1, element) for element in elements]


def test_an_element_keeps_its_bytes(tmp_path: Path) -> None:
    element = b'{ "a" : 1.50, "b": "\\u00fc", "a": ' + b"9" * 5000 + b"}"
    assert read(tmp_path, b"[" + element + b"]") == [(1, element)]


@pytest.mark.usefixtures("small_blocks")
def test_bytes_that_are_not_utf_8_harm_their_element_alone(tmp_path: Path) -> None:
    assert read(tmp_path, b'[{"a":"\xff\xc3"},{"b":"\xc3\xbc"}]') == [
        (1, b'{"a":"\xff\xc3"}'),
        (1, b'{"b":"\xc3\xbc"}'),
    ]


@pytest.mark.parametrize(
    "mistake",
    [
        '{"a": x}',
        '{"a": 1 "b": 2}',
        '{"a": 1,}',
        '{"a": "x\ty"}',
        "oops",
        '{"a": [1, 2}',
        '{"a": {"b": [{"c": nope}]}}',
        '{"a": tru}',
        '{"a": "\\x"}',
        "}",
    ],
)
@pytest.mark.parametrize("separator", [", ", ",\n", "\n,\n"])
@pytest.mark.parametrize("block", [3, 1000])
def test_after_a_mistake_reading_goes_on_at_the_next_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str, separator: str, block: int
) -> None:
    monkeypatch.setattr(event_files, "BLOCK_BYTES", block)
    found = read(tmp_path, f"[{separator.join(['{}', mistake, dump(VIEW).decode(), '{}'])}]".encode())
    line = 1 + separator.count("\n")
    assert found[0] == (1, b"{}")
    assert isinstance(found[1], Fault)
    assert (found[1].line, found[1].reason[:8]) == (line, "not JSON")
    assert found[2:] == [(line + separator.count("\n"), dump(VIEW)), (line + 2 * separator.count("\n"), b"{}")]


def test_a_mistake_in_an_indented_element_is_one_fault(tmp_path: Path) -> None:
    content = json.dumps([VIEW, {"tags": [1, 2], "a": "BAD", "list": [[1], 2]}, VIEW], indent=2).replace('"BAD"', "BAD")
    first, fault, last = read(tmp_path, content.encode())
    assert isinstance(first, tuple)
    assert isinstance(last, tuple)
    assert json.loads(first[1]) == json.loads(last[1]) == VIEW
    assert fault == Fault(1 + content[: content.index('{\n    "tags"')].count("\n"), "not JSON: Expecting value")


@pytest.mark.parametrize("end", ["]", "\n]\n", " ]  "])
def test_a_mistake_in_the_last_element_is_one_fault(tmp_path: Path, end: str) -> None:
    assert read(tmp_path, b'[{"a":1},\n{"b": x}' + end.encode()) == [
        (1, b'{"a":1}'),
        Fault(2, "not JSON: Expecting value"),
    ]


@pytest.mark.parametrize("missing", ["", ",", ', {"b"', ', {"b": "', ', {"b": 2', ', {"b": [{"c": 3}', ",\n\n"])
def test_an_array_without_an_end_is_said(tmp_path: Path, missing: str) -> None:
    first, *faults = read(tmp_path, b'[\n{"a":1}' + missing.encode())
    assert first == (2, b'{"a":1}')
    assert faults[-1] == Fault(2 + missing.count("\n"), "the array has no end")


@pytest.mark.parametrize("rest", [b"]", b'{"a":1}', b"\n[]", b"nonsense"])
def test_what_follows_the_array_is_said(tmp_path: Path, rest: bytes) -> None:
    found = read(tmp_path, b'[{"a":1}]\n' + rest)
    assert found == [(1, b'{"a":1}'), Fault(2 + rest.count(b"\n"), "there is more after the end of the array")]


@pytest.mark.parametrize("size", [200, 1000, 100_000])
def test_an_element_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(event_files, "MAX_TEXT_BYTES", 100)
    monkeypatch.setattr(event_files, "BLOCK_BYTES", 50)
    long = dump({"a": "x" * size})
    found = read(tmp_path, b'[{"a":1},\n' + long + b',\n{"b":2}]')
    assert found == [(1, b'{"a":1}'), Fault(2, "longer than 100 bytes"), (3, b'{"b":2}')]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_what_is_nested_too_deeply_is_passed_over(tmp_path: Path, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    deep = opening * 50_000 + b"1" + closing * 50_000
    found = read(tmp_path, b'[{"a":1},\n' + deep + b',\n{"b":2}]')
    assert found == [(1, b'{"a":1}'), Fault(2, "nested too deeply"), (3, b'{"b":2}')]


# ---- compressed


def test_compression_is_told_by_content(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"b":2}\n')) == [
        (1, b'{"a":1}'),
        (2, b'{"b":2}'),
    ]


@pytest.mark.parametrize("as_array", [False, True])
@pytest.mark.parametrize("count", [10, 5000])
def test_a_compressed_file_that_is_cut_off_is_read_up_to_there(tmp_path: Path, as_array: bool, count: int) -> None:
    objects = [{"number": number, "hash": str(hash(str(number)))} for number in range(count)]
    lines = b",\n".join(map(dump, objects)) if as_array else b"\n".join(map(dump, objects))
    whole = gzip.compress(b"[" + lines + b"]" if as_array else lines + b"\n")
    *found, fault = read(tmp_path, whole[: len(whole) * 3 // 4])
    assert isinstance(fault, Fault)
    assert fault.reason == "cannot read on: Compressed file ended before the end-of-stream marker was reached"
    assert fault.line >= len(found)
    read_values = values(found)
    assert [line for line, _ in read_values] == list(range(1, len(read_values) + 1))
    assert [value for _, value in read_values] == objects[: len(read_values)]
    assert len(read_values) > count // 2


@pytest.mark.parametrize("as_array", [False, True])
def test_all_is_read_of_a_compressed_file_with_a_wrong_sum_or_rubbish_behind_it(tmp_path: Path, as_array: bool) -> None:
    content = b'[{"a":1},\n{"b":2}]' if as_array else b'{"a":1}\n{"b":2}\n'
    whole = gzip.compress(content)
    for broken in (whole[:-8] + bytes(8), whole[:-4], whole + b"rubbish"):
        first, second, fault = read(tmp_path, broken)
        assert (first, second) == ((1, b'{"a":1}'), (2, b'{"b":2}'))
        assert isinstance(fault, Fault)
        assert fault.reason.startswith("cannot read on: ")


def test_what_only_begins_like_a_compressed_file_is_said(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, b"\x1f\x8bnot at all")
    assert isinstance(fault, Fault)
    assert fault.line == 1
    assert fault.reason.startswith("cannot read on: ")


# ---- files


@pytest.mark.parametrize(("name", "reason"), [("", "Is a directory"), ("missing", "No such file or directory")])
def test_what_cannot_be_opened_is_an_os_error(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(OSError, match=reason), open_input(str(tmp_path / name)):
        pass


def test_standard_input_that_comes_in_pieces_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reading_end, writing_end = os.pipe()
    with os.fdopen(reading_end) as pipe, os.fdopen(writing_end, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", pipe)
        writer.write(b"\n")
        with open_input(STANDARD_INPUT) as (_, file):
            found = texts(file)
            writer.write(b'[{"a":1}, {"b')
            assert next(found) == (2, b'{"a":1}')
            writer.write(b'":2}')
            assert next(found) == (2, b'{"b":2}')
            writer.write(b"]")
            writer.close()
            assert list(found) == []
        assert not pipe.closed


def test_closed_standard_input_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="standard input is closed"), open_input(STANDARD_INPUT):
        pass


# ---- any of it

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
objects = st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=8)
spaces = st.text(alphabet=" \t\r\n", max_size=4)


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, Any]]]:
    """A file, and what is to be read out of it."""
    as_array = draw(st.booleans())
    text = draw(spaces) + ("[" if as_array else "")
    expected: list[tuple[int, Any]] = []
    for each in draw(objects):
        if as_array:
            text += ("," if expected else "") + draw(spaces)
        expected.append((1 + text.count("\n"), each))
        indent = draw(st.sampled_from([None, 0, 2])) if as_array else None
        text += json.dumps(each, indent=indent, ensure_ascii=draw(st.booleans()))
        text += draw(spaces) if as_array else draw(st.sampled_from(["\n", "\r\n", " \n\n"]))
    raw = (text + ("]" if as_array else "") + draw(spaces)).encode(errors="surrogatepass")
    mark = draw(st.sampled_from([b"", BYTE_ORDER_MARK]))
    return (gzip.compress(mark + raw) if draw(st.booleans()) else mark + raw), expected


@given(written(), st.integers(1, 200))
def test_any_objects_written_in_any_way_are_read_back_with_their_lines(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[bytes, list[tuple[int, Any]]], block: int
) -> None:
    content, expected = file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_files, "BLOCK_BYTES", block)
        assert values(read(tmp_path_factory.getbasetemp(), content)) == expected


@given(st.binary(max_size=300) | st.text(alphabet='[]{},:"\\ntru1e \n').map(str.encode), st.booleans())
def test_any_bytes_come_to_an_end(tmp_path_factory: pytest.TempPathFactory, content: bytes, as_array: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_files, "BLOCK_BYTES", 5)
        found = read(tmp_path_factory.getbasetemp(), b"[" * as_array + content)
    lines = [each.line if isinstance(each, Fault) else each[0] for each in found]
    assert lines == sorted(lines)
    assert all(1 <= line <= 1 + content.count(b"\n") for line in lines) or content.startswith(b"\x1f\x8b")
