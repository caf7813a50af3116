"""Reads fastText's format: ``__label__sports __label__football the text``, with one label or several.

https://fasttext.cc/docs/en/supervised-tutorial.html. As there, every word that starts with ``__label__`` is a label,
wherever it is, and only ASCII white space ends a word. Blank lines are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from recurra.data.content import Content
from recurra.data.delimited import RawTable
from recurra.data.file_errors import empty_file
from recurra.data.lines import open_text, whole_lines
from recurra.data.plain_columns import LIST, STRING, column_of_values
from recurra.data.row_numbers import RowNumbers

__all__ = ["FastTextBlocks"]

BLOCK_BYTES = 1 << 21
"""Approximate size of a block in bytes."""

MAX_LINE_BYTES = (1 << 20) + (1 << 16)
"""Maximum size of a line in bytes: a text of 1 MiB and its labels."""

_SECOND_LABEL = re.compile(rb"[ \t\v\f\r]__label__")
_ONE = re.compile(r"[ \t\v\f\r]*__label__([^ \t\v\f\r]*)[ \t\v\f\r]*(.*)", re.DOTALL)
_ANY = re.compile(r"(?<![^ \t\v\f\r])__label__([^ \t\v\f\r]*)[ \t\v\f\r]*")


class FastTextBlocks:
    """Blocks of a file in fastText's format, with the columns ``label`` and ``text``.

    Labels are texts if every line has at most one, else lists of texts; the first read scans the file for that.

    Args:
        content: the file.
        encoding: Python name of the encoding.
    """

    def __init__(self, content: Content, *, encoding: str) -> None:
        self.content, self.source, self.encoding = content, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self._multi_label: bool | None = None

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        if self._multi_label is None:
            self._multi_label = self._is_multi_label()
        kind = LIST if self._multi_label else STRING
        rows = taken = begun = 0
        with open_text(self.content, encoding=self.encoding, again=again) as (text, opened):
            for piece in whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_LINE_BYTES):
                lines = [line.rstrip("\r") for line in piece.decode().split("\n")[:-1]]
                full = [place for place, line in enumerate(lines) if line.strip()]
                numbers = [begun + place + 1 for place in full]
                taken, begun = taken + len(piece), begun + len(lines)
                if not full:
                    continue
                parts = [
                    _split_multi_label(line) if self._multi_label else _split_single_label(line)
                    for line in map(lines.__getitem__, full)
                ]
                labels, texts = zip(*parts, strict=True)
                arrays = [column_of_values(labels, kind), column_of_values(texts, STRING)]
                yield RawTable(["label", "text"], arrays, RowNumbers.of_rows(numbers), "", typed=False)
                rows += len(full)
                if opened.size is not None:
                    self.total = rows if text.done else max(rows, rows * opened.size // taken)
        if not rows:
            raise empty_file(self.source, header=False)
        self.total = rows

    def _is_multi_label(self) -> bool:
        with open_text(self.content, encoding=self.encoding, again=True) as (text, _):
            pieces = whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_LINE_BYTES)
            return any(_SECOND_LABEL.search(piece) for piece in pieces)


def _split_single_label(line: str) -> tuple[str | None, str]:
    found = _ONE.fullmatch(line)
    return (found[1], found[2]) if found else (None, line)


def _split_multi_label(line: str) -> tuple[list[str], str]:
    return _ANY.findall(line), _ANY.sub("", line).strip(" \t\v\f\r")
