"""A finding of a check: kind, severity, rows, meaning, and a hint on what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["LISTED", "Finding", "Part", "Row", "Severity", "visible_spaces", "with_visible_marks"]

Severity: TypeAlias = Literal["error", "warning", "note"]
"""``error``: training or evaluation would fail, or the score would be wrong; ``warning``: to be looked at; ``note``: to
be known."""

Part: TypeAlias = Literal["train", "test"]
"""The training file or the test file."""

LISTED = 100_000
"""Maximum number of rows that a finding lists with their text, to bound memory; all rows are counted."""


# Without white space, and without the joiners, which some languages need.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]"
)


def visible_spaces(label: str) -> str:
    """A label for display: white space at its ends, or doubled, is shown as ``␣``, what cannot be seen as an escape."""
    spaced = label if label == " ".join(label.split()) else re.sub(r"\s", "␣", label)
    return with_visible_marks(_UNSEEN.sub(_escaped, spaced))


def with_visible_marks(label: str) -> str:
    """A label whose letters are decomposed, with their marks as escapes: it looks like another one otherwise."""
    if unicodedata.is_normalized("NFC", label):
        return label
    return "".join(_escape(one) if unicodedata.combining(one) else one for one in label)


def _escaped(found: re.Match[str]) -> str:
    return _escape(found[0])


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


@dataclass(frozen=True)
class Row:
    """A row of a finding.

    Attributes:
        row: index of the row in the file, from 0, as in files of decisions.
        number: row number in messages, where a header may be row 1.
        text: beginning of the text.
        label: the label as written; empty if there is none.
        details: plain values that depend on the kind, such as the row that this one equals.
    """

    row: int
    number: int
    text: str
    label: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"row": self.row, "number": self.number, "text": self.text, "label": self.label, **self.details}


@dataclass(frozen=True)
class Finding:
    """One kind of problem in one file, with all rows that have it.

    Attributes:
        kind: name of the problem, the same in every run.
        severity: ``error``, ``warning`` or ``note``.
        part: the file that has the problem.
        count: how many rows, or whatever ``what`` names, have it.
        meaning: a sentence on the effect on training or on the score.
        hint: what to do, as an instruction.
        what: the unit of ``count``, such as ``row`` or ``class``.
        fixable: whether ``--fix`` does it.
        rows: the first :data:`LISTED` rows, in the file's order or the most severe first.
        facts: further figures, plain values.
    """

    kind: str
    severity: Severity
    part: Part
    count: int
    meaning: str
    hint: str
    what: str = "row"
    fixable: bool = False
    rows: Sequence[Row] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "part": self.part,
            "count": self.count,
            "of": self.what,
            "meaning": self.meaning,
            "hint": self.hint,
            # The names of before; readers of the JSON document rely on them.
            "mend": self.hint,
            "mended_by_fix": self.fixable,
            "facts": dict(self.facts),
            "rows": [row.to_dict() for row in self.rows],
        }
