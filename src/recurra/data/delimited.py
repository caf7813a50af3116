"""Parsed columns of a table."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.data.plain_columns import Column

__all__ = ["MAX_COLUMNS", "RawTable"]

MAX_COLUMNS = 512


@dataclass(frozen=True)
class RawTable:
    """The parsed columns of a table, before they have roles.

    Attributes:
        names: column names, trimmed, in file order.
        columns: one per name; Arrow arrays, or plain columns if pyarrow is not installed.
        first_row: row number of the first data row in messages.
        row_hint: how rows are numbered, for messages.
        typed: whether the file format has column types.
    """

    names: list[str]
    columns: list[Column]
    first_row: int
    row_hint: str
    typed: bool

    @property
    def has_header(self) -> bool:
        """Whether the names stand in a header row."""
        return self.row_hint.startswith(" (the header is row 1")
