"""What a check has looked at and found, for Python and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recurra.checking.finding import Finding, Part
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["FileSeen", "Report", "WordsSeen"]

GRAVEST_FIRST = ("error", "warning", "note")


@dataclass(frozen=True)
class FileSeen:
    """A file that was looked at.

    Attributes:
        name: its name.
        rows: it has.
        columns: the column of each role, ``None`` where there is none.
        classes: rows of each class, the largest first.
        median: characters of its median text, title and text together.
        row_hint: what a row's number counts, such as `` (the header is row 1)``; may be empty.
    """

    name: str
    rows: int
    columns: Mapping[str, str | None]
    classes: Mapping[str, int]
    median: float
    row_hint: str

    @property
    def mean_labels(self) -> float:
        """Labels a row has on average."""
        return sum(self.classes.values()) / max(self.rows, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": dict(self.columns),
            "classes": dict(self.classes),
            "mean_labels": self.mean_labels,
            "median_characters": self.median,
        }


@dataclass(frozen=True)
class WordsSeen:
    """How well a vocabulary knows rows that it was not learned from.

    Attributes:
        rows: which, such as ``the test rows``.
        whose: the vocabulary's owner.
        vocabulary: tokens in it.
        tokens: how the rows are cut: ``words`` or ``characters``, for instance.
        share: of the rows' tokens that it misses.
    """

    rows: str
    whose: str
    vocabulary: int
    tokens: str
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rows": self.rows,
            "whose": self.whose,
            "vocabulary": self.vocabulary,
            "tokens": self.tokens,
            "missed": self.share,
        }


@dataclass(frozen=True)
class Report:
    """The whole check.

    Attributes:
        files: by part, ``train`` and, if it was given, ``test``.
        findings: the gravest first, and those in the training file before the test file's.
        words: of the vocabulary, or ``None`` where it could not be learned.
        looked_for: what was looked for, found or not, in words.
        task: what the rows look like; of several labels classes and their rows are counted one by one.
        separator: what the texts of labels were split at.
        notes: what was guessed while reading.
    """

    files: Mapping[Part, FileSeen]
    findings: Sequence[Finding]
    words: WordsSeen | None
    looked_for: Sequence[str]
    task: Task = SINGLE_LABEL
    separator: str | None = None
    notes: Sequence[str] = field(default_factory=list)

    def count(self, severity: str) -> int:
        """How many findings are that grave."""
        return sum(finding.severity == severity for finding in self.findings)

    def found(self, kind: str, part: Part = "train") -> Finding | None:
        """The finding of a kind in a file, if there is one."""
        return next((one for one in self.findings if (one.kind, one.part) == (kind, part)), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "files": {part: seen.to_dict() for part, seen in self.files.items()},
            "multi_label": self.task.lists,
            "label_separator": self.separator,
            "counts": {severity + "s": self.count(severity) for severity in GRAVEST_FIRST},
            "findings": [finding.to_dict() for finding in self.findings],
            "words": None if self.words is None else self.words.to_dict(),
            "looked_for": list(self.looked_for),
            "notes": list(self.notes),
        }
