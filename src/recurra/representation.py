"""What a terminal and a notebook show of a result: a line, and a table of a few rows."""

from __future__ import annotations

import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

__all__ = ["ROWS", "Representation", "Represented", "counted_rows", "one_line", "printable", "top"]

ROWS = 8
"""Largest number of rows of the table."""

# Characters that HTML or UTF-8 cannot represent (control characters and lone surrogates; white space is normalised
# before), and those that change the direction of all text after them.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


class Representation(NamedTuple):
    """A line, a table and lines below it.

    Attributes:
        title: the line.
        head: titles of the table's columns; empty without a table.
        rows: as many cells each.
        notes: lines below the table.
    """

    title: str
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()


def counted_rows(count: int) -> str:
    """``1 row``, ``7,600 rows``."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


class Represented(ABC):
    """A result that is shown by :meth:`_representation`; a dataclass of it says ``repr=False``."""

    @abstractmethod
    def _representation(self) -> Representation:
        """What is shown."""

    @abstractmethod
    def to_dict(self) -> Any:
        """All that it holds as plain values for JSON: every result has this method, and it calls those of its parts."""

    def to_json(self) -> Any:
        """Old name of :meth:`to_dict`; removed in the next release."""
        warnings.warn("The method to_json is called to_dict now.", DeprecationWarning, stacklevel=2)
        return self.to_dict()

    def __repr__(self) -> str:
        shown = self._representation()
        table = [shown.head, *shown.rows] if shown.head else []
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
        return "\n".join(
            [shown.title, *(f"  {line}".rstrip() for line in lines), *(f"  {note}" for note in shown.notes)]
        )

    def _repr_html_(self) -> str:
        shown = self._representation()
        parts = [f"<p>{escape(shown.title)}</p>"]
        if shown.head:
            head = "".join(f"<th>{escape(cell)}</th>" for cell in shown.head)
            body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in shown.rows)
            parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        return "".join([*parts, *(f"<p>{escape(note)}</p>" for note in shown.notes)])


def printable(text: str) -> str:
    """The text with U+FFFD for characters that cannot be shown."""
    return _UNPRINTABLE.sub("\ufffd", text)


def one_line(value: Any, length: int = 60) -> str:
    """A text, or a pair of title and text, in one line of at most ``length`` characters; of others ``str``."""
    parts = value if isinstance(value, tuple | list) else [value]
    # Of long texts only a part is read.
    text = " — ".join(filter(None, (" ".join(str(part)[: 4 * length].split()) for part in parts)))
    text = printable(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def top(rows: Iterable[Any], where: str) -> tuple[list[Any], list[str]]:
    """The first rows for the table, and a note on how many more ``where`` has."""
    every = list(rows)
    more = len(every) - ROWS
    return every[:ROWS], [f"… and {more:,} more in {where}"] if more > 0 else []
