"""Reads a file of one text per line in blocks."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Generator, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.content import ByteStream, Content
from recurra.data.delimited import RawTable
from recurra.data.file_errors import carriage_returns_only, empty_file
from recurra.data.plain_columns import text_column_of
from recurra.data.row_numbers import RowNumbers
from recurra.data.utf8_stream import Utf8Stream
from recurra.errors import DataError

__all__ = ["BLOCK_BYTES", "LineBlocks", "Lines", "open_text", "whole_lines"]

BLOCK_BYTES = 1 << 20
"""Size of a block in bytes."""

Lines = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
"""B lines: UTF-8 uint8[S], offsets int64[B + 1]."""


class LineBlocks:
    r"""The lines of a file without line ends (\n or \r\n); an empty line is an empty text.

    It is a :class:`recurra.data.blocks.Blocks` with one column, ``text``; :meth:`lines` does not need pyarrow.

    Args:
        content: the file.
        encoding: Python name of the encoding.

    Attributes:
        source: name of the file, for messages.
        total: number of lines, or an estimate; ``None`` if unknown.
        notes: lines on what was guessed.
        warnings: lines by which the file is probably read in a wrong way.
    """

    def __init__(self, content: Content, *, encoding: str) -> None:
        self.content, self.source, self.encoding = content, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def lines(self, *, again: bool = True) -> Iterator[Lines]:
        """The lines in blocks of some thousands.

        Args:
            again: whether the lines will be read again later.

        Yields:
            (UTF-8 uint8[S], offsets int64[B + 1]), Arrow's layout of strings.

        Raises:
            DataError: a line is longer than ``MAX_TEXT_BYTES``, or the file is not text.
        """
        done = taken = 0
        with open_text(self.content, encoding=self.encoding, again=again) as (text, opened):
            for body in whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_TEXT_BYTES):
                texts, offsets = _cut(body, done, self.source)
                done, taken = done + len(offsets) - 1, taken + len(body)
                size = opened.size
                if size is not None:
                    self.total = done if text.done else max(done, done * size // taken)
                yield texts, offsets
        self.total = done

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        done = 0
        for data, offsets in self.lines(again=again):
            texts = text_column_of(data, offsets)
            yield RawTable(["text"], [texts], RowNumbers(done + 1), "", typed=False)
            done += len(texts)
        if not done:
            raise empty_file(self.source, header=False)


@contextlib.contextmanager
def open_text(content: Content, *, encoding: str, again: bool) -> Iterator[tuple[Utf8Stream, ByteStream]]:
    """Opens a file as a stream of UTF-8, together with the stream of its bytes.

    Args:
        content: the file.
        encoding: Python name of the encoding.
        again: whether the file will be opened again later.
    """
    opened = content.open(again=again)
    try:
        yield Utf8Stream(opened, source=content.source, encoding=encoding), opened
    finally:
        opened.close()


def whole_lines(content: Utf8Stream, *, at_once: int, longest: int) -> Iterator[bytes]:
    """The bytes of a file in pieces of whole lines; the last line gets a line end if it has none.

    Args:
        content: the file.
        at_once: approximate size of a piece in bytes.
        longest: maximum length of a line in bytes.

    Raises:
        DataError: a line is longer, lines end with carriage returns only, or the file is not text.
    """
    rest, lines, first = b"", 0, True
    while piece := content.read(at_once):
        if first:
            piece, first = piece.removeprefix(codecs.BOM_UTF8), False
        body, end, rest = (rest + piece).rpartition(b"\n")
        if end:
            yield body + end
            lines += body.count(b"\n") + 1
        if len(rest) > longest + 1:
            break
    if not lines and b"\r" in rest.rstrip(b"\r"):
        raise carriage_returns_only(content.source)
    if len(rest) > longest + 1:
        raise _too_long(lines, content.source, longest)
    if rest:
        yield rest + b"\n"


def _cut(body: bytes, done: int, source: str) -> Lines:
    data = np.frombuffer(body.replace(b"\r\n", b"\n"), dtype=np.uint8)
    is_end = data == ord("\n")
    ends = np.flatnonzero(is_end)
    # Offsets after the removal of line ends: each earlier line is one byte shorter.
    offsets = np.concatenate([[0], ends - np.arange(len(ends))])
    lengths = np.diff(offsets)
    if lengths.max() > MAX_TEXT_BYTES:
        raise _too_long(done + int((lengths > MAX_TEXT_BYTES).argmax()), source, MAX_TEXT_BYTES)
    texts = data[~is_end]
    texts.flags.writeable = False
    return texts, offsets


def _too_long(before: int, source: str, longest: int) -> DataError:
    return DataError(f"{source}: line {before + 1:,} is longer than {longest:,} bytes", "Cut or split the text.")
