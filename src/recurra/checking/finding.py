"""What a check finds: a kind, how grave it is, in which rows, what it means and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["LISTED", "Finding", "Part", "Row", "Severity", "spaced"]

Severity: TypeAlias = Literal["error", "warning", "note"]
"""``error``: training or evaluation would fail, or the score would lie; ``warning``: look at it; ``note``: know it."""

Part: TypeAlias = Literal["train", "test"]
"""The file that is learned from, or the one that is tested on."""

LISTED = 100_000
"""Rows of a finding that are listed with their text, at most, so that memory stays bounded; all are counted."""


def spaced(label: str) -> str:
    """A label for reading: white space that would not be seen, at its ends or doubled, as ``␣``."""
    return label if label == " ".join(label.split()) else re.sub(r"\s", "␣", label)


@dataclass(frozen=True)
class Row:
    """A row that a finding is about.

    Attributes:
        row: its place in the file, from 0, as files of decisions count.
        number: as the reader counts rows in its messages, where a header may be row 1.
        text: its beginning.
        label: as it is written; empty where there is none.
        details: what belongs to the kind, such as the row that it equals; plain values.
    """

    row: int
    number: int
    text: str
    label: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"row": self.row, "number": self.number, "text": self.text, "label": self.label, **self.details}


@dataclass(frozen=True)
class Finding:
    """One thing that was found, in all rows of a file that have it.

    Attributes:
        kind: its name, the same in every run.
        severity: how grave it is.
        part: the file it was found in.
        count: how many there are in all.
        what: of which there are so many: ``row`` or ``class``.
        meaning: a sentence on what it does to training or to the score.
        mend: what to do, as an instruction.
        mended: whether ``--fix`` does it.
        rows: the first :data:`LISTED` of the rows, in the file's order where nothing else is graver.
        facts: numbers of the whole, plain values.
    """

    kind: str
    severity: Severity
    part: Part
    count: int
    meaning: str
    mend: str
    what: str = "row"
    mended: bool = False
    rows: Sequence[Row] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "part": self.part,
            "count": self.count,
            "of": self.what,
            "meaning": self.meaning,
            "mend": self.mend,
            "mended_by_fix": self.mended,
            "facts": dict(self.facts),
            "rows": [row.to_dict() for row in self.rows],
        }
