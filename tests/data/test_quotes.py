"""Quotes as Python's strict csv reader has them."""

from __future__ import annotations

import csv
import io
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.quotes import QuoteCheck
from recurra.errors import DataError


def strict(text: str, delimiter: str) -> bool:
    """Whether Python finds text behind a closing quote."""
    try:
        list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter))
    except csv.Error as error:
        return "expected after" in str(error)
    return False


def complaint(content: bytes, delimiter: str = ",", *, cuts: tuple[int, ...] = ()) -> str | None:
    check = QuoteCheck(delimiter, "it")
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    try:
        for begin, end in pairwise(places):
            check.look(content[begin:end])
    except DataError as error:
        return str(error)
    return None


@given(
    text=st.text(st.sampled_from('"""a,;é\n\r\t '), max_size=30),
    delimiter=st.sampled_from(",;\t"),
    cuts=st.lists(st.integers(0, 30), max_size=4),
)
def test_what_python_refuses_is_refused_in_whatever_pieces_it_comes(text: str, delimiter: str, cuts: list[int]) -> None:
    # As the readers give them: whole characters, and no line end in two.
    places = tuple(len(text[:cut].encode()) for cut in cuts if not text[:cut].endswith("\r"))
    found = complaint(text.encode(), delimiter)
    assert (found is not None) == strict(text, delimiter)
    assert complaint(text.encode(), delimiter, cuts=places) == found


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'text,label\na,"x"y\n', "line 2: text follows the closing quote of a value: 'a,\"x\"y'. Put the whole"),
        (b'"one\r\ntwo\rthree" four,a', "line 3: text follows the closing quote of a value that begins in line 1: "),
        (b'\xef\xbb\xbf"text"s,label\n', "line 1: text follows"),
        (b'a;b\n"x" ;y\n', "line 2: text follows"),
        ('a;b\n"é"é;y\n'.encode(), "line 2: text follows the closing quote of a value: '\"é\"é'."),
    ],
)
def test_where_it_is_wrong(content: bytes, where: str) -> None:
    delimiter = ";" if b";" in content else ","
    found = complaint(content, delimiter)
    assert f"it: {where}" in (found or "")
    text = content.decode()
    for cut in range(1, len(text)):
        if text[cut - 1] != "\r":
            assert complaint(content, delimiter, cuts=(len(text[:cut].encode()),)) == found


@pytest.mark.parametrize(
    "content", [b'5" disk,"a"\nsay "no", "no"\n', b'"a ""b""",""\n"",a', b'"never closed, "', b"", b'""']
)
def test_other_quotes_are_nobodys_fault(content: bytes) -> None:
    assert complaint(content) is None


def test_a_file_of_any_length_is_looked_at_in_time_that_grows_with_it() -> None:
    generator = random.Random(0)
    rows = ['"' + '""'.join(generator.choices(["oil", "gas", ","], k=8)) + '",a\n' for _ in range(100_000)]
    content = "".join(rows).encode()
    assert complaint(content) is None
    assert complaint(content, cuts=tuple(range(0, len(content), 1000))) is None
    # A quote that stays open for many pieces is carried on without what it holds.
    assert complaint(b'"' + b"x" * (1 << 24), cuts=tuple(range(0, 1 << 24, 1 << 12))) is None
