"""fastText's lines: ``__label__sports __label__football the text``, with one label or several.

https://fasttext.cc/docs/en/supervised-tutorial.html. As there, every word that begins with ``__label__`` is a label,
wherever it stands, and words end at ASCII white space alone. Blank lines are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from recurra.data.content import Content
from recurra.data.delimited import RawTable
from recurra.data.file_errors import empty_file
from recurra.data.lines import open_text, whole_lines

__all__ = ["FastTextBlocks"]

BLOCK_BYTES = 1 << 21
"""Bytes of a block, about."""

MAX_LINE_BYTES = (1 << 20) + (1 << 16)
"""A text may have 1 MiB, and its labels stand before it."""

_SEVERAL = re.compile(rb"[ \t\v\f\r]__label__")
_ONE = re.compile(r"[ \t\v\f\r]*__label__([^ \t\v\f\r]*)[ \t\v\f\r]*(.*)", re.DOTALL)
_ANY = re.compile(r"(?<![^ \t\v\f\r])__label__([^ \t\v\f\r]*)[ \t\v\f\r]*")


class FastTextBlocks:
    """Blocks of a file of such lines, with the columns ``label`` and ``text``.

    The labels are texts where no line has more than one, and lists of texts otherwise: the file is searched for that
    when it is first read.

    Args:
        content: the file.
        encoding: its text encoding, by Python's name.
    """

    def __init__(self, content: Content, *, encoding: str) -> None:
        self.content, self.source, self.encoding = content, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []
        self._several: bool | None = None

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        import pyarrow as pa

        if self._several is None:
            self._several = self._has_several()
        kind = pa.list_(pa.string()) if self._several else pa.string()
        rows = taken = 0
        hint = ""
        with open_text(self.content, encoding=self.encoding, again=again) as (text, opened):
            for piece in whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_LINE_BYTES):
                lines = [line.rstrip("\r") for line in piece.decode().split("\n")[:-1]]
                full = [line for line in lines if line.strip()]
                taken += len(piece)
                if len(full) < len(lines):
                    hint = " (blank lines are not counted)"
                if not full:
                    continue
                parts = [_of_several(line) if self._several else _of_one(line) for line in full]
                labels, texts = zip(*parts, strict=True)
                arrays = [pa.array(labels, kind), pa.array(texts, pa.string())]
                yield RawTable(["label", "text"], [pa.chunked_array([one]) for one in arrays], rows + 1, hint, False)
                rows += len(full)
                if opened.size is not None:
                    self.total = rows if text.done else max(rows, rows * opened.size // taken)
        if not rows:
            raise empty_file(self.source)
        self.total = rows

    def _has_several(self) -> bool:
        with open_text(self.content, encoding=self.encoding, again=True) as (text, _):
            pieces = whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_LINE_BYTES)
            return any(_SEVERAL.search(piece) for piece in pieces)


def _of_one(line: str) -> tuple[str | None, str]:
    found = _ONE.fullmatch(line)
    return (found[1], found[2]) if found else (None, line)


def _of_several(line: str) -> tuple[list[str], str]:
    return _ANY.findall(line), _ANY.sub("", line).strip(" \t\v\f\r")
