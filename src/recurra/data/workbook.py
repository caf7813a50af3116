"""Writes Excel workbooks (.xlsx)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["MAX_CHARACTERS", "cell_of", "with_rows"]

MAX_CHARACTERS = (1 << 15) - 1
"""Maximum number of characters in a cell, which is Excel's own; longer texts are cut."""

# What would be read as the code of a character (ECMA-376, part 1, 22.9.2.19).
_AS_CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

# A float holds whole numbers up to this one, and longer ones, such as ids, are written as texts.
_LARGEST = 10**15


def cell_of(sheet: Any, value: Any) -> Any:
    """A value for a row of a sheet of openpyxl.

    Texts are texts, also those that begin with ``=`` or look like numbers; characters that a workbook cannot hold
    become U+FFFD.

    Args:
        sheet: openpyxl's.
        value: a text, a number, a truth value or ``None``; an object is written as JSON.
    """
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, int) and abs(value) > _LARGEST:
        value = str(value)
    if not isinstance(value, str):
        return value
    text = _AS_CODE.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("\ufffd", value[:MAX_CHARACTERS]))
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"
    return made


def with_rows(content: bytes, rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook whose first sheet has more rows below those that are there; all else stays.

    Args:
        content: the workbook; empty for a new one.
        rows: values as for :func:`cell_of`; of a new workbook the first row stays in sight.
    """
    from openpyxl import Workbook, load_workbook

    book = load_workbook(io.BytesIO(content)) if content else Workbook()
    sheet = book.worksheets[0]
    if not content:
        sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([cell_of(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
