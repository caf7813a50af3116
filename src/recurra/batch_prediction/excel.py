"""Predictions as an Excel workbook (.xlsx).

A workbook is packed as a whole, so a truncated one cannot be resumed. The running output is therefore JSON lines, which
are converted at the end.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recurra.data.workbook import cell_of
from recurra.errors import DataError, RecurraError

__all__ = ["MAX_ROWS", "lines_to_excel"]

MAX_ROWS = (1 << 20) - 1
"""Maximum number of rows below the header, which is Excel's own."""


def lines_to_excel(lines: Path, file: Any, names: Sequence[str], *, mark: str) -> None:
    """Converts JSON lines to a workbook of one sheet, with a header that stays in sight.

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
    header = [cell_of(sheet, name) for name in names]
    for one in header:
        one.font = Font(bold=True)
    try:
        sheet.append(header)
        for row in _rows(lines):
            values = (mark.join(map(_written, one)) if isinstance(one, list) else one for one in row.values())
            sheet.append([cell_of(sheet, value) for value in values])
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
