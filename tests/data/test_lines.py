"""Lines of text, block by block, against Python's own reading of them."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import lines as module
from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.content import PipeContent
from recurra.data.lines import LineBlocks
from recurra.errors import DataError


def read(content: bytes, encoding: str = "utf-8") -> list[str]:
    found = []
    for data, offsets in LineBlocks(PipeContent(io.BytesIO(content), source="it"), encoding=encoding).lines():
        assert data.dtype == np.uint8
        assert offsets.dtype == np.int64
        assert offsets[0] == 0
        assert offsets[-1] == len(data)
        found += [bytes(data[a:b]).decode() for a, b in pairwise(offsets)]
    return found


@pytest.fixture(params=[1, 2, 7, 1 << 20])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "BLOCK_BYTES", request.param)
    return int(request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "utf-8-sig", "shift_jis"])
def test_lines_are_those_of_python(encoding: str) -> None:
    @given(st.text(st.sampled_from("ab \r\n\n\té"), max_size=40), st.booleans())
    def check(text: str, mark: bool) -> None:
        text = text.replace("é", "ｱ") if encoding == "shift_jis" else text
        content = text.encode(encoding)
        # newline="\n" splits at that alone; the last line needs no end.
        expected = [line.removesuffix("\n").removesuffix("\r") for line in io.StringIO(text, newline="\n")]
        if "\n" not in text and "\r" in text.rstrip("\r"):
            # Lines that end so are those of another age: they would be one text.
            with pytest.raises(DataError, match="its lines end with carriage returns alone"):
                read(content, encoding)
            return
        if mark and encoding == "utf-8":
            content = b"\xef\xbb\xbf" + content
            expected = expected or [""] * bool(text)
        assert read(content, encoding) == expected

    check()


@pytest.mark.usefixtures("block")
def test_faults_are_named_with_their_line() -> None:
    for content, shown in (
        (b"one\ntwo\nth\xffree\n", "it: byte 0xff at byte 10, line 3 is not utf-8"),
        (b"one\ntwo\xc3", "it: byte 0xc3 at byte 7, line 2 is not utf-8"),
        (b"one\nt\0o\n", "it: a NUL byte at byte 5, line 2"),
    ):
        with pytest.raises(DataError) as caught:
            read(content)
        assert str(caught.value).startswith(shown)


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("end", [b"\n", b"", b"\nmore\n"])
def test_the_longest_line(before: int, end: bytes) -> None:
    head = b"short\n" * before
    assert [len(line) for line in read(head + b"x" * MAX_TEXT_BYTES + end)][before] == MAX_TEXT_BYTES
    with pytest.raises(DataError, match=rf"it: line {before + 1} is longer than 1,048,576 bytes. Cut or split"):
        read(head + b"x" * (MAX_TEXT_BYTES + 1) + end)


def test_a_line_without_end_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(DataError, match="line 1 is longer"):
        list(LineBlocks(PipeContent(endless, source="it"), encoding="utf-8").lines())  # type: ignore[arg-type]
    assert endless.given < 4 * MAX_TEXT_BYTES


def test_lines_of_carriage_returns_are_not_called_too_long() -> None:
    with pytest.raises(DataError, match="it: its lines end with carriage returns alone"):
        read(b"some words\r" * MAX_TEXT_BYTES)


def test_unknown_encodings_are_named() -> None:
    with pytest.raises(DataError, match="encoding 'klingon' does not read it"):
        read(b"a", "klingon")
