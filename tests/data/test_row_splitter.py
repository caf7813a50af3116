"""Rows and fields as Python's strict csv reader has them, in whatever pieces the text comes."""

from __future__ import annotations

import csv
import io
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import row_splitter
from recurra.data.plain_columns import text_column_of
from recurra.data.row_splitter import RowSplitter
from recurra.errors import DataError

Found = tuple[list[list[str]], list[int], str | None]
"""The rows before the first fault, their numbers, and the words of the fault."""


def expected(text: str, delimiter: str) -> Found:
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        # A blank line is an empty row, which a spreadsheet shows and counts.
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter), 1):
            if not row:
                continue
            if rows and len(row) != len(rows[0]):
                return rows, numbers, f"row {number:,} (the header is row {numbers[0]}) has {len(row)} field"
            rows.append(row)
            numbers.append(number)
    except csv.Error as error:
        kind = "text follows the closing quote" if "expected after" in str(error) else "is never closed"
        return rows, numbers, kind
    return rows, numbers, None


def found(content: bytes, delimiter: str = ",", *, cuts: tuple[int, ...] = (), longest: int = 1 << 22) -> Found:
    splitter = RowSplitter(delimiter, "it", longest=longest)
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    rows: list[list[str]] = []
    numbers: list[int] = []
    fault = None
    try:
        for place, (begin, end) in enumerate(pairwise(places)):
            for columns, part in splitter.split(content[begin:end], done=place == len(places) - 2):
                values = [text_column_of(*arrays).to_pylist() for arrays in columns]
                rows += map(list, zip(*values, strict=True))
                numbers += part.of(np.arange(len(values[0]))).tolist()
    except DataError as error:
        fault = str(error)
    return ([splitter.names, *rows], [splitter.header, *numbers], fault) if splitter.names else (rows, numbers, fault)


@given(
    text=st.text(st.sampled_from('"""aa,;é\n\r\t '), max_size=40),
    delimiter=st.sampled_from(",;\t"),
    cuts=st.lists(st.integers(0, 40), max_size=5),
)
def test_rows_are_what_python_reads_in_whatever_pieces_they_come(text: str, delimiter: str, cuts: list[int]) -> None:
    rows, numbers, fault = expected(text, delimiter)
    if rows:
        rows[0] = [name.strip() for name in rows[0]]
    # As the stream gives them: whole characters, and no line end in two.
    places = tuple(len(text[:cut].encode()) for cut in cuts if not text[:cut].endswith("\r"))
    whole = found(text.encode(), delimiter)
    assert whole[:2] == (rows, numbers)
    assert (whole[2] is None) == (fault is None)
    assert (fault or "") in (whole[2] or "")
    assert found(text.encode(), delimiter, cuts=places) == whole


@given(
    rows=st.lists(st.tuples(*[st.text(st.sampled_from('ab"\n,é'), max_size=5)] * 3), min_size=1, max_size=30),
    most=st.integers(512, 530),
)
def test_many_rows_are_split_some_at_a_time(rows: list[tuple[str, str, str]], most: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows * 20])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_splitter, "MAX_FIELDS", most)
        given = [["a", "b", "c"], *map(list, rows * 20)]
        assert found(out.getvalue().encode()) == (given, [*range(1, len(given) + 1)], None)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'text,label\na,"x"y\n', "line 2: text follows the closing quote of a value: 'a,\"x\"y'. Put the whole"),
        (b'"one\r\ntwo\rthree" four,a', "line 3: text follows the closing quote of a value that begins in line 1: "),
        (b'\xef\xbb\xbf"text"s,label\n', "line 1: text follows"),
        (b'a;b\n"x" ;y\n', "line 2: text follows"),
        ('a;b\n"é"é;y\n'.encode(), "line 2: text follows the closing quote of a value: '\"é\"é'."),
        (b'a;b\r\n1;2\r\n"x"y;z', "line 3: text follows the closing quote of a value: '\"x\"y'."),
        (b"a;b\r\n\r\n1;2\r\nx\r\n", "row 4 (the header is row 1) has 1 field for 2 columns: 'x'. Put a value"),
        (b'a;b\r\n1;2\r\n3;"\r\n4;5', "the quote that begins in row 3 (the header is row 1) is never closed."),
    ],
)
def test_where_it_is_wrong(content: bytes, where: str) -> None:
    delimiter = ";" if b";" in content else ","
    fault = found(content, delimiter)[2]
    assert f"it: {where}" in (fault or "")
    text = content.decode()
    for cut in range(1, len(text)):
        if text[cut - 1] != "\r":
            assert found(content, delimiter, cuts=(len(text[:cut].encode()),))[2] == fault


def test_a_file_of_any_length_is_split_in_time_that_grows_with_it() -> None:
    generator = random.Random(0)
    rows = ['"' + '""'.join(generator.choices(["oil", "gas", ","], k=8)) + '",a\n' for _ in range(20_000)]
    content = ("text,label\n" + "".join(rows)).encode()
    whole = found(content)
    assert len(whole[0]) == 20_001
    assert found(content, cuts=tuple(range(0, len(content), 1000))) == whole
    # A row that stays open is not searched again and again: it is refused.
    fault = found(b'"' + b"x" * (1 << 24), cuts=tuple(range(0, 1 << 24, 1 << 16)), longest=1 << 20)[2]
    assert "a row is longer than 1 MiB" in str(fault)
