"""Texts that stand one a line, some thousands at a time."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recurra.data.cells import MAX_TEXT_BYTES
from recurra.data.checked_bytes import CheckedBytes
from recurra.errors import DataError

__all__ = ["BLOCK_BYTES", "LineBlocks"]

BLOCK_BYTES = 1 << 20
"""Bytes read at once."""

Lines = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


class LineBlocks:
    r"""The lines of a file without their ends, which are \n or \r\n; an empty line is an empty text.

    Args:
        content: the file.
        size: its bytes, or ``None`` where nobody knows, as of a pipe.

    Attributes:
        total: how many lines there are, as far as can be told by now.
    """

    def __init__(self, content: CheckedBytes, size: int | None) -> None:
        self.content, self.size = content, size
        self.total: int | None = None

    def read(self) -> Iterator[Lines]:
        """The lines, some thousands at a time.

        Yields:
            (uint8[S] UTF-8, int64[B + 1] where each line begins and the last one ends), Arrow's layout of strings.

        Raises:
            DataError: a line is longer than ``MAX_TEXT_BYTES``, or the file is no text.
        """
        content, rest, done = self.content, b"", 0
        while piece := content.read(BLOCK_BYTES):
            if not done and not rest:
                piece = piece.removeprefix(codecs.BOM_UTF8)
            body, end, rest = (rest + piece).rpartition(b"\n")
            if end:
                texts, offsets = _cut(body + end, done, content.source)
                done += len(offsets) - 1
                if self.size is not None:
                    self.total = max(done, done * self.size // max(content.taken - len(rest), 1))
                yield texts, offsets
            if len(rest) > MAX_TEXT_BYTES + 1:
                raise _too_long(done, content.source)
        if rest:
            yield _cut(rest + b"\n", done, content.source)


def _cut(body: bytes, done: int, source: str) -> Lines:
    data = np.frombuffer(body.replace(b"\r\n", b"\n"), dtype=np.uint8)
    is_end = data == ord("\n")
    ends = np.flatnonzero(is_end)
    # Without the line ends themselves, each text moves up by one byte a line before it.
    offsets = np.concatenate([[0], ends - np.arange(len(ends))])
    lengths = np.diff(offsets)
    if lengths.max() > MAX_TEXT_BYTES:
        raise _too_long(done + int((lengths > MAX_TEXT_BYTES).argmax()), source)
    texts = data[~is_end]
    texts.flags.writeable = False
    return texts, offsets


def _too_long(before: int, source: str) -> DataError:
    return DataError(f"{source}: line {before + 1:,} is longer than {MAX_TEXT_BYTES:,} bytes", "Cut or split the text.")
