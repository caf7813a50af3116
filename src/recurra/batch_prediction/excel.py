"""Predictions as an Excel workbook (.xlsx).

A workbook is packed as a whole, so a truncated one cannot be resumed. The running output is therefore JSON lines, which
are converted at the end.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recurra.errors import DataError, RecurraError

__all__ = ["MAX_CHARACTERS", "MAX_ROWS", "lines_to_excel", "require_openpyxl"]

MAX_ROWS = (1 << 20) - 1
"""Maximum number of rows below the header, which is Excel's own."""

MAX_CHARACTERS = (1 << 15) - 1
"""Maximum number of characters in a cell, which is Excel's own; longer texts are cut."""

# What would be read as the code of a character (ECMA-376, part 1, 22.9.2.19).
_AS_CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

# A float holds whole numbers up to this one, and longer ones, such as ids, are written as texts.
_LARGEST = 10**15


def require_openpyxl() -> None:
    """Checks that workbooks can be written.

    Raises:
        DataError: openpyxl is not installed.
    """
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise DataError(
            "Writing .xlsx needs openpyxl, which is not installed",
            "Run: pip install 'recurra[excel]', or write a .csv file.",
        ) from None


def lines_to_excel(lines: Path, file: Any, names: Sequence[str], *, mark: str) -> None:
    """Converts JSON lines to a workbook of one sheet, with a header that stays in sight.

    Texts are texts, also those that begin with ``=`` or look like numbers; characters that a workbook cannot hold
    become U+FFFD.

    Args:
        lines: objects that have the same keys in the same order.
        file: receives the bytes.
        names: those keys, for the header.
        mark: the separator between the labels of a row.

    Raises:
        DataError: there are more rows than a sheet has.
        RecurraError: temporary files cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    with lines.open("rb") as rows:
        count = sum(1 for _ in rows)
    if count > MAX_ROWS:
        raise DataError(
            f"An Excel sheet has at most {MAX_ROWS:,} rows below its header, and the data has {count:,}",
            "Write a .csv, .jsonl or .parquet file with --out.",
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("answers")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if isinstance(value, list):
            value = mark.join(map(_written, value))
        elif isinstance(value, dict):
            value = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, int) and abs(value) > _LARGEST:
            value = str(value)
        if not isinstance(value, str):
            return value
        text = _AS_CODE.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("\ufffd", value[:MAX_CHARACTERS]))
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"
        return made

    header = [cell(name) for name in names]
    for one in header:
        one.font = Font(bold=True)
    try:
        sheet.append(header)
        for row in _rows(lines):
            sheet.append([cell(value) for value in row.values()])
        book.save(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            sheet.close()
        raise RecurraError(
            f"Temporary files in {tempfile.gettempdir()} cannot be written: {error.strerror or error}",
            "Free some space there, or set TMPDIR to another folder.",
        ) from None


def _written(label: Any) -> str:
    return label if isinstance(label, str) else json.dumps(label)


def _rows(lines: Path) -> Iterator[dict[str, Any]]:
    with lines.open(encoding="utf-8", newline="\n") as file:
        yield from map(json.loads, file)
