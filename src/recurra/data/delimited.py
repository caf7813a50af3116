"""Parsed columns of a table."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.data.plain_columns import Column
from recurra.data.row_numbers import RowNumbers

__all__ = ["HEADER_HINT", "MAX_COLUMNS", "RawTable"]

MAX_COLUMNS = 512

HEADER_HINT = " (the header is row "


@dataclass(frozen=True)
class RawTable:
    """The parsed columns of a table, before they have roles.

    Attributes:
        names: column names, trimmed, in file order.
        columns: one per name; Arrow arrays, or plain columns if pyarrow is not installed.
        numbers: row numbers in messages.
        row_hint: how rows are numbered, for messages.
        typed: whether the file format has column types.
    """

    names: list[str]
    columns: list[Column]
    numbers: RowNumbers
    row_hint: str
    typed: bool

    @property
    def first_row(self) -> int:
        """Row number of the first row in messages."""
        return self.numbers.first

    @property
    def has_header(self) -> bool:
        """Whether the names stand in a header row."""
        return self.row_hint.startswith(HEADER_HINT)
